//! Card numbers: the rule of the database, and the migration to it.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Integer, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use sihha_domain::account::{Account, CarteId};
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, hospital, patient, registered};
use sihha_infra::postgres::{Database, MigrateError, MigrateSettings, PgStore};
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

use crate::store::{hash, store};

/// The migrations, in their order.
const MIGRATIONS: [&str; 3] = [
    "2026-11-28-150000_carte_id_canonical",
    "2026-11-28-150100_carte_id_as_typed",
    "2026-11-28-150200_carte_id_canonical_contract",
];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    code: i32,
    #[diesel(sql_type = Text)]
    canonical: String,
}

#[test]
fn the_database_compares_card_numbers_as_the_domain_does() {
    let index = "SELECT 0 AS code, pg_get_expr(indexprs, indrelid) AS canonical FROM pg_index \
                 WHERE indexrelid = 'profiles_carte_id_canonical_key'::regclass";
    let database = TestDatabase::new();
    let Row { canonical, .. } = database.run(|pg| sql_query(index).get_result(pg)).unwrap();
    // Every character but NUL, which no text of Postgres can have.
    let differing = format!(
        "SELECT code, {canonical} AS canonical FROM (SELECT code, chr(code) AS carte_id \
         FROM generate_series(1, 1114111) AS code WHERE code NOT BETWEEN 55296 AND 57343) AS every \
         WHERE {canonical} <> carte_id ORDER BY code"
    );
    let rows: Vec<Row> = database.run(|pg| sql_query(differing).load(pg)).unwrap();
    let in_database: Vec<_> = rows
        .into_iter()
        .map(|row| (char::from_u32(row.code.cast_unsigned()).unwrap(), row.canonical))
        .collect();
    let in_domain: Vec<_> = ('\u{1}'..=char::MAX)
        .map(|c| (c, CarteId::on_record(c.into()).canonical()))
        .filter(|(c, canonical)| *canonical != c.to_string())
        .collect();
    assert_eq!(in_database, in_domain);
}

fn revert(database: &TestDatabase) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    for name in MIGRATIONS.iter().rev() {
        let down = std::fs::read_to_string(folder.join(name).join("down.sql")).unwrap();
        database.run(|pg| pg.batch_execute(&down)).unwrap();
    }
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261128150%'").unwrap();
}

fn insert(store: &PgStore, mut account: Account, carte_id: &str) -> Account {
    account.profile.carte_id = CarteId::parse(carte_id).unwrap();
    store.autocommit().unwrap().accounts().insert(&account, &hash(), None).unwrap();
    account
}

fn migrate(database: &Database) -> Result<usize, MigrateError> {
    let run = sihha_infra::postgres::migrate(database, MigrateSettings::ALL, &Interrupt::default());
    run.map(|done| done.applied)
}

#[test]
fn a_migration_that_finds_card_numbers_twice_names_them_and_changes_nothing() {
    let database = TestDatabase::new().with_owner();
    revert(&database);
    let store = store(&database);
    let first = insert(&store, registered(1, "amina@example.com", patient()), "Ab1");
    let second = insert(&store, registered(2, "khalido@example.com", doctor()), "aB1");
    insert(&store, registered(3, "other@example.com", doctor()), "1990");
    insert(&store, registered(4, "upper@example.com", hospital()), "XY");
    insert(&store, registered(5, "lower@example.com", patient()), "xy");

    let applied = "SELECT count(*) AS n FROM __diesel_schema_migrations";
    let before = database.number(applied);
    let Err(MigrateError::CardNumbers(groups)) = migrate(&database.open()) else { panic!("not refused") };
    assert_eq!(groups[0], format!("Ab1 (user {}), aB1 (doctor {})", first.id, second.id));
    assert!(groups[1].starts_with("XY (hospital ") && groups.len() == 2, "{groups:?}");
    assert_eq!(database.number(applied), before);
    let indexes = "SELECT count(*) AS n FROM pg_indexes WHERE indexname = 'profiles_carte_id_canonical_key'";
    assert_eq!(database.number(indexes), 0);

    // The statement of docs/operations.md.
    for (number, carte_id) in [(second.id, "CD2"), (first.id, "EF3")] {
        let repair = format!("UPDATE profiles SET carte_id = '{carte_id}' WHERE id = '{number}'");
        database.execute(&repair).unwrap();
    }
    assert!(matches!(migrate(&database.open()), Err(MigrateError::CardNumbers(groups)) if groups.len() == 1));
    database.execute("UPDATE profiles SET carte_id = 'XY2' WHERE carte_id = 'xy'").unwrap();
    assert_eq!(migrate(&database.open()).unwrap(), MIGRATIONS.len());
    assert!(database.execute("UPDATE profiles SET carte_id = 'x-y/2' WHERE carte_id = '1990'").is_err());
}
