//! Notices of the database server and of libpq are log lines.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;
use serde_json::Value;
use sihha_tests::{TestDatabase, samples};

use crate::logging::json_lines;
use crate::process::Sihha;

fn is_notice(line: &Value) -> bool {
    line["message"].as_str().is_some_and(|message| message.starts_with("notice of "))
}

/// Returns the notices logged by a service and by commands. Asserts that all of their standard
/// error is log lines.
fn notices(sihha: &Sihha) -> Vec<Value> {
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let stopped = service.stop(Signal::SIGTERM);
    let mut lines = json_lines(&stopped.stderr);
    stopped.succeeded();
    for command in [&["migrate"][..], &["approvals", "list"]] {
        let finished = match command {
            [one] => sihha.run([*one]),
            [first, second] => sihha.run([*first, *second]),
            _ => unreachable!(),
        };
        let found = json_lines(&finished.stderr);
        assert!(found.iter().any(is_notice), "{command:?}: {found:?}");
        lines.extend(found);
        finished.succeeded();
    }
    lines.retain(is_notice);
    lines
}

#[test]
fn a_server_warning_during_connect_is_a_log_line() {
    let database = TestDatabase::new();
    database
        .execute(
            "UPDATE pg_database SET datcollversion = 'of another system' WHERE datname = current_database()",
        )
        .unwrap();
    let notices = notices(&Sihha::on(&database));
    assert!(!notices.is_empty());
    for notice in notices {
        assert_eq!(notice["level"], "WARN", "{notice}");
        assert!(notice["text"].as_str().unwrap().contains("collation"), "{notice}");
    }
}

#[test]
fn a_libpq_warning_is_a_log_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let file = sihha.path().join("pgpass");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let notices = notices(&sihha.with("PGPASSFILE", &file));
    assert!(
        notices.iter().all(|notice| notice["text"].as_str().unwrap().contains("password file")),
        "{notices:?}"
    );
}

#[test]
fn a_warning_raised_by_a_statement_is_not_logged() {
    let database = TestDatabase::new();
    for sql in [
        "CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE WARNING 'a profile of %', NEW.email; RETURN NEW; END $$",
        "CREATE TRIGGER quote BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION quote()",
    ] {
        database.execute(sql).unwrap();
    }
    let service = Sihha::on(&database).with("SIHHA_LOG", "trace");
    let service = service.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let stopped = service.stop(Signal::SIGTERM);
    json_lines(&stopped.stderr);
    assert!(!stopped.stderr.contains("amina"), "{}", stopped.stderr);
    stopped.succeeded();
}
