//! `sihha migrate`, and other commands on an older or newer schema.

use sihha_tests::TestDatabase;

use crate::process::{Finished, Sihha};

const UP_TO_DATE: &str = "the schema is already up to date: schema public of ";

#[test]
fn an_empty_database_is_migrated_once() {
    let database = TestDatabase::empty();
    let sihha = Sihha::on(&database);
    let first = sihha.run(["migrate"]).succeeded();
    let applied = database.number("SELECT count(*) AS n FROM __diesel_schema_migrations");
    let said = format!(
        "the schema is up to date: {applied} migrations applied to schema public of the database at "
    );
    assert!(first.starts_with(&said), "{first}");
    assert!(sihha.run(["migrate"]).succeeded().starts_with(UP_TO_DATE));
    let contracted = "SELECT count(*) AS n FROM pg_indexes WHERE indexname = 'profiles_email_key'";
    assert_eq!(database.number(contracted), 0, "a new database needs no contracting step");
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
}

#[test]
fn simultaneous_migrations_all_succeed() {
    let database = TestDatabase::empty();
    let sihha = Sihha::on(&database);
    let running: Vec<_> = (0..4).map(|_| sihha.start(["migrate"])).collect();
    let said: Vec<_> = running.into_iter().map(|process| process.finish().succeeded()).collect();
    assert_eq!(said.iter().filter(|said| said.starts_with(UP_TO_DATE)).count(), 3, "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("migrations applied")).count(), 1, "{said:?}");
}

#[test]
fn the_private_postgres_is_migrated() {
    let sihha = Sihha::fresh();
    assert!(sihha.run(["migrate"]).succeeded().contains("migrations applied"));
    assert_eq!(sihha.processes(), []);
    let _service = sihha.serve();
    assert!(sihha.run(["migrate"]).succeeded().starts_with(UP_TO_DATE));
}

#[test]
fn an_older_schema_is_rejected_with_the_remedy() {
    let database = TestDatabase::empty();
    let sihha = Sihha::on(&database);
    let refuse = |finished: Finished| {
        assert!(finished.refusal().contains("`sihha migrate`"), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    };
    refuse(sihha.run(["serve"]));
    refuse(sihha.run(["approvals", "list"]));
    assert_eq!(database.number("SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'"), 0);

    sihha.run(["migrate"]).succeeded();
    // Not a contracting migration, because those may be missing.
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128131000'").unwrap();
    refuse(sihha.run(["serve"]));
}

#[test]
fn a_newer_schema_is_rejected() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')").unwrap();
    for refused in [sihha.run(["serve"]), sihha.run(["migrate"]), sihha.run(["approvals", "list"])] {
        let line = refused.refusal();
        assert!(line.contains("newer") && line.contains("99999999999999"), "{line}");
        assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
    }
}

#[test]
fn a_newer_schema_of_the_private_postgres_is_rejected_and_no_process_left() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    sihha.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");
    drop(service);
    for command in ["serve", "migrate"] {
        let refused = sihha.run([command]);
        assert!(refused.refusal().contains("newer"), "{refused:?}");
        assert_eq!(sihha.processes(), []);
    }
    let refused = sihha.run(["approvals", "list"]);
    assert!(refused.refusal().contains("newer"), "{refused:?}");
}

#[test]
fn tables_of_another_program_are_reported_in_one_line() {
    let database = TestDatabase::empty();
    database.execute("CREATE TABLE profiles (id integer)").unwrap();
    let refused = Sihha::on(&database).run(["migrate"]);
    assert!(refused.refusal().contains("rolled back"), "{refused:?}");
    assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
    assert_eq!(database.number("SELECT count(*) AS n FROM __diesel_schema_migrations"), 0);
}
