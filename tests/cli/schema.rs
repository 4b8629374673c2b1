//! One schema holds the accounts. Nothing is created in another one.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Sihha, eventually};

/// The newest migration that creates a table, so that a test can revert it.
const LAST: &str = "20261128100000";

/// Returns a database with an account and without its newest table.
fn with_a_migration_pending() -> (TestDatabase, Sihha) {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    service.stop(Signal::SIGTERM).succeeded();
    database.execute("DROP TABLE signing_keys").unwrap();
    database.execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{LAST}'")).unwrap();
    (database, sihha)
}

/// Returns a database with a pending migration that waits for readers of `sessions`.
fn with_a_migration_of_sessions_pending() -> (TestDatabase, Sihha) {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128090000'").unwrap();
    (database, sihha)
}

fn tables(database: &TestDatabase, schema: &str) -> i64 {
    database.number(&format!("SELECT count(*) AS n FROM pg_tables WHERE schemaname = '{schema}'"))
}

#[track_caller]
fn assert_amina_logs_in(sihha: &Sihha) {
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/login", &samples::login("amina@example.com")).status, 200);
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_schema_named_like_the_role_does_not_hide_the_accounts() {
    let (database, sihha) = with_a_migration_pending();
    // First in the default search path (`"$user", public`).
    database.execute("CREATE SCHEMA postgres").unwrap();
    let migrated = sihha.run(["migrate"]).succeeded();
    assert!(migrated.contains("1 migration applied to schema public of "), "{migrated}");
    assert_eq!(tables(&database, "postgres"), 0);
    assert_amina_logs_in(&sihha);
}

#[test]
fn a_schema_without_the_accounts_is_rejected() {
    let (database, sihha) = with_a_migration_pending();
    database.execute("CREATE SCHEMA other").unwrap();
    for refused in [
        sihha.run(["migrate", "--schema", "other"]),
        sihha.run(["serve", "--schema", "other"]),
        sihha.run(["approvals", "list", "--schema", "other"]),
    ] {
        let line = refused.refusal();
        assert!(line.contains("in schema public, not in other"), "{line}");
    }
    assert_eq!(tables(&database, "other"), 0);
}

#[test]
fn two_schemas_with_accounts_need_the_option() {
    let database = TestDatabase::new();
    database.execute("CREATE SCHEMA copy").unwrap();
    database
        .execute(
            "CREATE TABLE copy.__diesel_schema_migrations AS SELECT * FROM public.__diesel_schema_migrations",
        )
        .unwrap();
    let sihha = Sihha::on(&database);
    for refused in [sihha.run(["migrate"]), sihha.run(["serve"])] {
        let line = refused.refusal();
        assert!(line.contains("copy and public") && line.contains("--schema"), "{line}");
    }
    let service = sihha.serve_with(["--schema", "public"]);
    assert_eq!(service.get("/health/ready").status, 200);
}

#[test]
fn the_migration_history_of_another_program_is_ignored() {
    let database = TestDatabase::new();
    for sql in [
        "CREATE SCHEMA billing",
        "CREATE TABLE billing.__diesel_schema_migrations (version varchar PRIMARY KEY)",
        "INSERT INTO billing.__diesel_schema_migrations VALUES ('20200101000000')",
    ] {
        database.execute(sql).unwrap();
    }
    assert!(Sihha::on(&database).run(["migrate"]).succeeded().contains("schema public of "));
}

#[test]
fn accounts_restored_to_another_schema_are_found() {
    let (database, sihha) = with_a_migration_pending();
    database.execute("ALTER SCHEMA public RENAME TO restored").unwrap();
    database.execute("CREATE SCHEMA public").unwrap();
    let migrated = sihha.run(["migrate"]).succeeded();
    assert!(migrated.contains("1 migration applied to schema restored of "), "{migrated}");
    assert_amina_logs_in(&sihha);
    assert_eq!(tables(&database, "public"), 0);
}

#[test]
fn a_new_database_gets_the_requested_schema() {
    let database = TestDatabase::empty();
    let sihha = Sihha::on(&database).with("SIHHA_SCHEMA", "Santé \"1\"");
    let refused = sihha.run(["migrate"]);
    assert!(refused.refusal().contains("no schema Santé"), "{refused:?}");
    database.execute("CREATE SCHEMA \"Santé \"\"1\"\"\"").unwrap();
    sihha.run(["migrate"]).succeeded();
    assert_eq!(tables(&database, "public"), 0);
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    assert_eq!(database.number("SELECT count(*) AS n FROM \"Santé \"\"1\"\"\".profiles"), 1);
}

#[test]
fn a_database_with_another_encoding_is_rejected() {
    let database = TestDatabase::empty_with("ENCODING 'SQL_ASCII' LOCALE 'C'");
    let sihha = Sihha::on(&database);
    for refused in [sihha.run(["migrate"]), sihha.run(["serve"])] {
        assert!(refused.refusal().contains("encoding SQL_ASCII"), "{refused:?}");
    }
    assert_eq!(tables(&database, "public"), 0);
}

#[test]
fn a_waiting_migration_names_the_blocking_session_and_ends_with_a_signal() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (database, sihha) = with_a_migration_of_sessions_pending();
        let hold = |pg: &mut PgConnection| {
            pg.batch_execute("BEGIN; SET LOCAL application_name = 'a forgotten psql'")?;
            pg.batch_execute("SELECT FROM sessions")?;
            let migrate = sihha.start(["migrate"]);
            migrate.wait_for_log("a forgotten psql");
            migrate.signal(signal);
            let finished = migrate.finish();
            assert!(finished.stderr.contains("interrupted"), "{finished:?}");
            assert_eq!(finished.code, Some(1), "{finished:?}");
            pg.batch_execute("ROLLBACK")
        };
        database.run(hold).unwrap();
        eventually("the end of its connections", || {
            let left = "SELECT count(*) AS n FROM pg_stat_activity \
                        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'sihha'";
            (database.number(left) == 0).then_some(())
        });
        sihha.run(["migrate"]).succeeded();
    }
}

#[test]
fn a_migration_that_gives_up_names_the_blocking_session() {
    let (database, sihha) = with_a_migration_of_sessions_pending();
    let hold = |pg: &mut PgConnection| {
        pg.batch_execute("BEGIN; SET LOCAL application_name = 'a forgotten psql'; SELECT FROM sessions")?;
        let refused = sihha.run(["migrate", "--wait", "1s"]);
        let line = refused.stderr.lines().last().unwrap_or_default();
        assert!(line.contains("gave up after 1 s") && line.contains("a forgotten psql"), "{refused:?}");
        pg.batch_execute("ROLLBACK")
    };
    database.run(hold).unwrap();
    sihha.run(["migrate"]).succeeded();
}

#[test]
fn a_time_limit_of_the_role_does_not_cut_a_migration_short() {
    let (database, sihha) = with_a_migration_pending();
    for setting in
        ["statement_timeout = 1", "lock_timeout = 1", "default_transaction_isolation = 'serializable'"]
    {
        database.alter(&format!("SET {setting}"));
    }
    sihha.run(["migrate"]).succeeded();
    assert_amina_logs_in(&sihha);
}
