//! A private Postgres of the previous release, whose service was the superuser and owned
//! everything.

use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use nix::sys::signal::{Signal, kill};

use crate::process::{Sihha, eventually};
use crate::{RoleDetails, fill, use_all};

/// Number of kills, each on a new copy.
const KILLS: usize = 4;

/// Objects that an operator may have added to the database. The role could never connect, so it may
/// have been forgotten.
const ADDED: &str = "CREATE ROLE postgres; CREATE ROLE sihha_owner SUPERUSER; CREATE SCHEMA reports;
    CREATE TYPE reports.kind AS ENUM ('a'); CREATE DOMAIN reports.name AS text; CREATE TYPE reports.pair AS (a int, b int);
    CREATE TABLE reports.runs (id serial, kind reports.kind, made_by int GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE reports.parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE reports.part PARTITION OF reports.parts DEFAULT;
    CREATE SEQUENCE reports.numbers; CREATE VIEW reports.people AS SELECT id FROM public.profiles;
    CREATE MATERIALIZED VIEW reports.roles AS SELECT role, count(*) FROM public.profiles GROUP BY role;
    CREATE FUNCTION reports.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE PROCEDURE reports.nothing() LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE reports.total (int) (SFUNC = int4pl, STYPE = int)";

/// Objects with another owner, and roles with privileges that they should not have.
const WRONG: &str = "SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384 AND relowner <> 'sihha_owner'::regrole
        AND relkind <> 't')
    + (SELECT count(*) FROM pg_proc WHERE oid >= 16384 AND proowner <> 'sihha_owner'::regrole)
    + (SELECT count(*) FROM pg_type WHERE oid >= 16384 AND typowner <> 'sihha_owner'::regrole)
    + (SELECT count(*) FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_' AND nspowner <> 'sihha_owner'::regrole)
    + (SELECT count(*) FROM pg_database WHERE datname = 'sihha' AND datdba <> 'sihha_owner'::regrole)
    + (SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_' AND (rolsuper <> (rolname = 'postgres')
        OR (oid = 10) <> (rolname = 'postgres')))
    + (SELECT count(*) FROM pg_roles WHERE rolname = 'embedded_postgres_renaming') AS n";

const CHEAP: [&str; 4] = ["--argon2-memory-kib", "8", "--argon2-passes", "1"];

/// Returns a data directory of the previous release, with accounts of all roles.
fn filled(previous: &Path) -> (Sihha, Vec<RoleDetails>) {
    let mut old = Sihha::fresh();
    previous.clone_into(&mut old.program);
    let service = old.serve_with(CHEAP);
    let holders = fill(&service, &old);
    old.connection_as("sihha").batch_execute(ADDED).unwrap();
    let new = Sihha::bare().with("SIHHA_DATA_DIR", old.data_dir());
    let refused = new.run(["migrate"]);
    assert!(refused.refusal().contains("restart its `serve`"), "{refused:?}");
    service.stop(Signal::SIGTERM).succeeded();
    (old, holders)
}

/// Returns this release, on a copy of that folder.
fn copy_of(old: &Sihha) -> Sihha {
    let new = Sihha::fresh();
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-a").args([old.data_dir(), new.data_dir()]).status().unwrap().success());
    new
}

#[track_caller]
fn assert_is_converted(sihha: &Sihha, holders: &[RoleDetails]) {
    let service = sihha.serve_with(CHEAP);
    use_all(&service, holders, |status| status == 200);
    assert_eq!(sihha.number(WRONG), 0);
    assert_eq!(sihha.number("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'sihha' AND usename <> 'sihha'"), 0);
    for sql in ["SELECT * FROM reports.people, reports.roles, reports.runs", "SELECT reports.one()"] {
        sihha.connection_as("sihha").batch_execute(sql).unwrap();
    }
    sihha.connection_as("sihha").batch_execute("CREATE TABLE other ()").unwrap_err();
    service.stop(Signal::SIGTERM).succeeded();
}

/// Returns the running server in single-user mode that converts the data.
fn converting(sihha: &Sihha) -> bool {
    let is_single = |pid: &nix::unistd::Pid| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| line.windows(8).any(|part| part == b"--single"))
    };
    sihha.processes().iter().any(is_single)
}

pub(crate) fn data_of_the_previous_release_are_converted(previous: &Path) {
    let (old, holders) = filled(previous);
    let new = copy_of(&old);
    assert_is_converted(&new, &holders);
    // Again, and once more as after a kill immediately before the end.
    assert_is_converted(&new, &holders);
    fs::remove_file(new.data_dir().join("postgres/cluster/sihha_roles")).unwrap();
    assert_is_converted(&new, &holders);

    // A short command also converts the data.
    let new = copy_of(&old);
    new.run(["approvals", "list"]).succeeded();
    assert_is_converted(&new, &holders);
}

pub(crate) fn a_kill_during_the_conversion_loses_no_data(previous: &Path) {
    let (old, holders) = filled(previous);
    for _ in 0..KILLS {
        let new = copy_of(&old);
        let starting = new.start(["serve"]);
        eventually("the conversion", || converting(&new).then_some(()));
        for pid in new.processes() {
            // Some processes end when the first is killed.
            let _ = kill(pid, Signal::SIGKILL);
        }
        assert_eq!(starting.finish().code, None);
        new.wait_for_no_process();
        assert_is_converted(&new, &holders);
    }
}
