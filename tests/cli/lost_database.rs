//! Options that name an unintended database.

use std::fs;

use sihha_tests::TestDatabase;

use crate::process::Sihha;

const STAFF: [&[&str]; 5] = [
    &["approvals", "list"],
    &["approvals", "approve", "--role", "labo", "--email", "labo@example.com"],
    &["approvals", "reject", "--role", "labo", "--email", "labo@example.com", "--reason", "no"],
    &["accounts", "suspend", "--email", "labo@example.com", "--reason", "no"],
    &["accounts", "reinstate", "--email", "labo@example.com"],
];

#[test]
fn an_empty_database_url_is_rejected_by_each_command_that_uses_it() {
    for empty in ["", " ", "\n"] {
        let sihha = Sihha::fresh().with("DATABASE_URL", empty);
        for arguments in [&[&["serve"][..], &["migrate"][..]], &STAFF[..]].concat() {
            let refused = sihha.run_all(arguments);
            assert!(refused.refusal().contains("DATABASE_URL"), "{arguments:?}: {refused:?}");
        }
        assert!(!sihha.data_dir().exists());
        sihha.run(["openapi"]).succeeded();
    }
}

#[test]
fn a_misspelt_variable_causes_a_warning_with_the_intended_name() {
    let sihha = Sihha::made()
        .with("DATABSE_URL", "postgres://sihha:secret@db/sihha")
        .with("SIHHA_ACESS_LIFETIME", "5m")
        .with("SIHHA_SERVICE_HOST", "10.0.0.1");
    let finished = sihha.run(["approvals", "list"]);
    for (name, meant) in [("DATABSE_URL", "DATABASE_URL"), ("SIHHA_ACESS_LIFETIME", "SIHHA_ACCESS_LIFETIME")]
    {
        let lines: Vec<&str> = finished.stderr.lines().filter(|line| line.contains(name)).collect();
        let [line] = lines[..] else { panic!("{finished:?}") };
        assert!(line.contains(meant) && line.contains("WARN"), "{line}");
    }
    assert!(
        !finished.stderr.contains("SIHHA_SERVICE_HOST") && !finished.stderr.contains("secret"),
        "{finished:?}"
    );
    finished.succeeded();
}

#[test]
fn known_variables_cause_no_warning() {
    let database = TestDatabase::new();
    for known in ["SIHHA_LEGACY_JWT_SECRET", "SIHHA_FORMER_JWT_SECRET"] {
        let finished = Sihha::on(&database).with(known, "x").run(["approvals", "list"]);
        assert_eq!(finished.stderr, "");
        finished.succeeded();
    }
}

#[test]
fn a_new_private_database_causes_a_warning_without_a_terminal() {
    let sihha = Sihha::fresh();
    let first = sihha.run(["migrate"]);
    let line = first.stderr.lines().find(|line| line.contains("creating the database")).unwrap_or_default();
    let data_dir = sihha.data_dir();
    assert!(line.contains("WARN") && line.contains(data_dir.to_str().unwrap()), "{first:?}");
    first.succeeded();
    let second = sihha.run(["migrate"]);
    assert!(!second.stderr.contains("creating"), "{second:?}");
}

#[test]
fn staff_commands_create_no_database() {
    let sihha = Sihha::fresh();
    fs::create_dir(sihha.path().join("empty")).unwrap();
    fs::create_dir_all(sihha.path().join("begun/postgres")).unwrap();
    fs::write(sihha.path().join("file"), "").unwrap();
    for folder in ["typo", "deep/typo", "~/sihha", "empty", "begun", "file"] {
        for arguments in STAFF {
            let refused = sihha.run_all(&[arguments, &["--data-dir", folder]].concat());
            let line = refused.refusal();
            let path = sihha.path().join(folder);
            let wanted = format!("no database in {}; is this the folder that serve uses?", path.display());
            assert!(line.contains(&wanted), "{line}");
        }
    }
    let mut left: Vec<_> =
        fs::read_dir(sihha.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["begun", "empty", "file"]);
    assert_eq!(fs::read_dir(sihha.path().join("empty")).unwrap().count(), 0);
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_command_waits_for_a_service_that_creates_the_database() {
    let sihha = Sihha::fresh();
    let starting = sihha.start(["serve"]);
    starting.wait_for_log("creating the database");
    let finished = sihha.run(["approvals", "list"]);
    // It may run before the service has created the tables.
    assert!(finished.code == Some(0) || finished.refusal().contains("schema"), "{finished:?}");
}
