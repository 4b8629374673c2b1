//! The roles of the private Postgres: the administrator, the owner of the tables, and the service.

use diesel::connection::SimpleConnection;
use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::samples;

use crate::process::{Process, Sihha, eventually};

/// Sum of the ids of the transactions that wrote roles and owners. A later write increases it.
const WRITES: &str = "SELECT sum(xmin::text::bigint)::bigint AS n FROM (
    SELECT xmin FROM pg_authid UNION ALL SELECT xmin FROM pg_auth_members UNION ALL SELECT xmin FROM pg_database
    UNION ALL SELECT xmin FROM pg_namespace
    UNION ALL SELECT xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS writes";

#[track_caller]
fn assert_denied(sihha: &Sihha, role: &str, sql: &str) {
    let refused = sihha.connection_as(role).batch_execute(sql).expect_err(sql).to_string();
    let is_about_rights =
        ["permission denied", "must be owner", "must be superuser"].iter().any(|part| refused.contains(part));
    assert!(is_about_rights, "{sql}: {refused}");
}

#[test]
fn the_service_is_not_a_superuser_and_owns_nothing() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let connections = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'sihha'";
    assert!(sihha.number(connections) > 0);
    assert_eq!(sihha.number(&format!("{connections} AND usename <> 'sihha'")), 0);
    assert_eq!(
        sihha.number("SELECT count(*) AS n FROM pg_roles WHERE rolname ~ '^sihha' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)"),
        0
    );
    assert_eq!(
        sihha.number(
            "SELECT count(*) AS n FROM pg_shdepend WHERE refobjid = 'sihha'::regrole AND deptype = 'o'"
        ),
        0
    );
    for sql in [
        "CREATE TABLE profiles_copy (id uuid)",
        "CREATE SCHEMA stolen",
        "DROP TABLE sessions",
        "ALTER TABLE profiles ADD COLUMN note text",
        "CREATE INDEX ON profiles (email)",
        "TRUNCATE sessions",
        "DELETE FROM profiles",
        "DELETE FROM __diesel_schema_migrations",
        "INSERT INTO specialites (code) VALUES ('x')",
        "UPDATE application_events SET reason = 'x'",
        "DELETE FROM application_events",
        "INSERT INTO rejection_reasons (code) VALUES ('x')",
        "DELETE FROM suspensions",
        "COPY profiles TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "CREATE ROLE other",
        "SET ROLE sihha_owner",
        "SET ROLE postgres",
        "ALTER ROLE sihha SUPERUSER",
        "ALTER DATABASE sihha SET work_mem = '1GB'",
    ] {
        assert_denied(&sihha, "sihha", sql);
    }
    for sql in ["COPY profiles TO PROGRAM 'cat'", "CREATE ROLE other", "SET ROLE postgres"] {
        assert_denied(&sihha, "sihha_owner", sql);
    }
}

#[test]
fn the_service_can_read_all_tables_and_the_migrating_role_owns_them() {
    let sihha = Sihha::made();
    let _service = sihha.serve();
    let tables = "SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')";
    assert!(sihha.number(tables) > 0);
    assert_eq!(sihha.number(&format!("{tables} AND relowner <> 'sihha_owner'::regrole")), 0);
    assert_eq!(sihha.number(&format!("{tables} AND NOT has_table_privilege('sihha', oid, 'SELECT')")), 0);
}

#[test]
fn all_staff_commands_are_permitted() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let labo = "labo@example.com";
    assert_eq!(service.post("/api/labo/register", &samples::labo(labo)).status, 201);
    assert!(sihha.run(["approvals", "list"]).succeeded().contains(labo));
    for command in [
        &["approvals", "reject", "--role", "labo", "--email", labo, "--reason", "Agrément expiré"][..],
        &["approvals", "approve", "--role", "labo", "--email", labo, "--reconsider"],
        &["approvals", "history", "--email", labo],
        &["accounts", "suspend", "--email", labo, "--reason", "Enquête"],
        &["accounts", "reinstate", "--email", labo],
        &["sessions", "mark-restored", "--opened-before", "2100-01-01T00:00:00Z"],
    ] {
        sihha.run_all(command).succeeded();
    }
    let tokens = service.post("/api/labo/login", &samples::login(labo));
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let refreshed = service.post("/api/token/refresh", &json!({ "refresh": tokens.text_at("refresh") }));
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
}

#[test]
fn a_second_start_changes_no_roles_or_rights() {
    let sihha = Sihha::made();
    let start = || {
        let service = sihha.serve();
        let changes = sihha.number(WRITES);
        service.stop(Signal::SIGTERM).succeeded();
        changes
    };
    let before = start();
    assert_eq!(start(), before);
    sihha.run(["migrate"]).succeeded();
    assert_eq!(start(), before);
}

#[test]
fn lost_rights_are_granted_again_at_the_next_start() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    sihha.execute("REVOKE ALL ON sessions FROM sihha");
    sihha.execute("GRANT DELETE ON profiles TO sihha");
    service.stop(Signal::SIGTERM).succeeded();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    assert_denied(&sihha, "sihha", "DELETE FROM profiles");
}

#[test]
fn tables_restored_as_another_role_get_their_owner_back() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    sihha.execute("ALTER TABLE sessions OWNER TO postgres");
    service.stop(Signal::SIGTERM).succeeded();
    let refused = sihha.run(["serve"]);
    let line = refused.refusal();
    let mark = sihha.data_dir().join("postgres/cluster/sihha_roles");
    assert!(line.contains(mark.to_str().unwrap()) && line.contains("sessions"), "{line}");
    // The advice works.
    std::fs::remove_file(mark).unwrap();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
}

#[test]
fn a_waiting_migration_names_the_session_of_another_role() {
    let sihha = Sihha::made();
    let _service = sihha.serve();
    sihha.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128090000'");
    let mut forgotten = sihha.connection_as("postgres");
    forgotten
        .batch_execute("BEGIN; SET LOCAL application_name = 'a forgotten psql'; SELECT FROM sessions")
        .unwrap();
    let migrate = sihha.start(["migrate"]);
    migrate.wait_for_log("a forgotten psql");
    forgotten.batch_execute("ROLLBACK").unwrap();
    migrate.finish().succeeded();
}

#[test]
fn a_dump_is_restored_into_a_new_data_directory_as_documented() {
    let run = |sihha: &Sihha, program: &str, arguments: &[&str], role: &str| {
        let database = format!("host={}/postgres/run user={role} dbname=sihha", sihha.data_dir().display());
        let mut command = sihha.command_of(program);
        Process::start(command.args(arguments).args(["--dbname", &database])).finish().succeeded()
    };
    let old = Sihha::made();
    let service = old.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let dump = old.path().join("sihha.dump");
    let dump = dump.to_str().unwrap();
    run(&old, "pg_dump", &["--format=custom", "--file", dump], "sihha");
    service.stop(Signal::SIGTERM).succeeded();

    let new = Sihha::made();
    let restore = ["--clean", "--if-exists", "--single-transaction", "--no-owner", dump];
    let log_in = |service: &crate::process::Service| {
        eventually("amina", || {
            (service.post("/api/user/login", &samples::login("amina@example.com")).status == 200)
                .then_some(())
        });
    };
    let service = new.serve();
    run(&new, "pg_restore", &restore, "sihha_owner");
    log_in(&service);
    service.stop(Signal::SIGTERM).succeeded();
    log_in(&new.serve());
}
