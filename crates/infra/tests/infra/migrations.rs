//! Migrations: up, down, and several processes simultaneously.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::CREATE_MIGRATIONS_TABLE;
use sihha_infra::postgres::{Database, MigrateError, MigrateSettings, SchemaError, check_schema};
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

/// Applies all missing migrations, and returns their number.
fn migrate(database: &Database) -> Result<usize, MigrateError> {
    migrate_within(database, MigrateSettings::ALL.wait)
}

fn migrate_within(database: &Database, wait: Duration) -> Result<usize, MigrateError> {
    let settings = MigrateSettings { wait, ..MigrateSettings::ALL };
    sihha_infra::postgres::migrate(database, settings, &Interrupt::default()).map(|done| done.applied)
}

#[test]
fn an_empty_database_is_migrated_once() {
    let empty = TestDatabase::empty();
    let database = empty.open();
    assert!(matches!(check_schema(&database), Err(SchemaError::Older { missing, .. }) if missing > 0));
    assert!(migrate(&database).unwrap() > 0);
    assert_eq!(migrate(&database).unwrap(), 0);
    check_schema(&database).unwrap();
}

#[test]
fn simultaneous_runs_apply_each_migration_once() {
    let empty = TestDatabase::empty();
    let database = empty.open();
    let applied: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate(&database).unwrap())).collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
    check_schema(&database).unwrap();
}

#[test]
fn a_schema_with_an_unknown_migration_is_newer() {
    let test = TestDatabase::new();
    let database = test.open();
    check_schema(&database).unwrap();
    test.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')").unwrap();
    assert!(
        matches!(check_schema(&database), Err(SchemaError::Newer { migration, .. }) if migration == "99999999999999")
    );
    assert!(migrate(&database).is_err());
}

#[test]
fn every_migration_can_be_reverted_and_applied_again() {
    let empty = TestDatabase::empty();
    let mut pg = PgConnection::establish(&empty.url()).unwrap();
    pg.batch_execute(CREATE_MIGRATIONS_TABLE).unwrap();
    let names = folders();
    let mut run =
        |name: &Path, file| pg.batch_execute(&std::fs::read_to_string(name.join(file)).unwrap()).unwrap();
    for name in &names {
        run(name, "up.sql");
        run(name, "down.sql");
        run(name, "up.sql");
    }
    for name in names.iter().rev() {
        run(name, "down.sql");
    }
    empty.execute("DROP TABLE __diesel_schema_migrations").unwrap();
    let left = "SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(empty.number(left), 0);
}

#[test]
fn a_migration_fails_while_a_table_is_locked_and_is_applied_later() {
    let test = TestDatabase::new().with_owner();
    let database = test.open();
    test.execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261128090000'").unwrap();
    let locked = |pg: &mut PgConnection| {
        pg.batch_execute("BEGIN; SELECT FROM sessions")?;
        let outcome = migrate_within(&database, Duration::ZERO);
        pg.batch_execute("ROLLBACK").map(|()| outcome)
    };
    let refused = test.run(locked).unwrap();
    assert!(refused.is_err(), "it does not wait for the table");
    assert!(migrate(&database).unwrap() > 0);
}

/// Creates a database that a release migrated which did not have the migration `version` and later
/// ones.
pub(crate) fn database_before(version: &str) -> TestDatabase {
    let test = TestDatabase::empty();
    test.run(|pg| pg.batch_execute(CREATE_MIGRATIONS_TABLE)).unwrap();
    for folder in folders().iter().filter(|folder| self::version(folder).as_str() < version) {
        let up = std::fs::read_to_string(folder.join("up.sql")).unwrap();
        test.run(|pg| pg.batch_execute(&up)).unwrap();
        let record = format!("INSERT INTO __diesel_schema_migrations VALUES ('{}')", self::version(folder));
        test.execute(&record).unwrap();
    }
    test
}

/// Reverts the migration `version` and later ones.
pub(crate) fn revert_from(database: &TestDatabase, version: &str) {
    for folder in folders().iter().rev().filter(|folder| self::version(folder).as_str() >= version) {
        let down = std::fs::read_to_string(folder.join("down.sql")).unwrap();
        database.run(|pg| pg.batch_execute(&down)).unwrap();
        let version = self::version(folder);
        database
            .execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"))
            .unwrap();
    }
}

/// Returns the folders of all migrations, in the order in which `migrate` applies them: those that
/// need search keys come last.
fn folders() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort_by_key(|folder| (folder.to_str().unwrap().contains("_search_keys_"), folder.clone()));
    folders
}

/// Returns Diesel's version of a migration: the date and the time without hyphens.
fn version(folder: &Path) -> String {
    let name = folder.file_name().unwrap().to_str().unwrap();
    name.split('_').next().unwrap().replace('-', "")
}

#[test]
fn each_migration_yields_to_readers_and_is_applied_after_them() {
    let test = TestDatabase::empty();
    let mut pg = PgConnection::establish(&test.url()).unwrap();
    pg.batch_execute(CREATE_MIGRATIONS_TABLE).unwrap();
    for folder in folders() {
        // All other migrations count as applied.
        for other in folders().iter().filter(|other| **other != folder) {
            let version = version(other);
            pg.batch_execute(&format!(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}') ON CONFLICT DO NOTHING"
            ))
            .unwrap();
        }
        let database = test.open();
        let readers = "DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables \
                       WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
                       LOOP EXECUTE format('LOCK TABLE %I IN ACCESS SHARE MODE', name); END LOOP; END $$";
        pg.batch_execute(&format!("BEGIN; {readers}")).unwrap();
        let meanwhile = migrate_within(&database, Duration::ZERO);
        pg.batch_execute("ROLLBACK").unwrap();
        match meanwhile {
            Ok(applied) => assert_eq!(applied, 1, "{folder:?}"),
            Err(MigrateError::Blocked(..)) => assert_eq!(migrate(&database).unwrap(), 1, "{folder:?}"),
            Err(error) => panic!("{folder:?}: {error}"),
        }
        pg.batch_execute("DELETE FROM __diesel_schema_migrations").unwrap();
    }
}
