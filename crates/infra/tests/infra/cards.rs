//! Card numbers: the rule of the database, and the migration to it.

use diesel::sql_types::{Integer, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use sihha_domain::account::{Account, CarteId};
use sihha_domain::testing::{doctor, hospital, patient, registered};
use sihha_infra::postgres::{Database, MigrateError, MigrateSettings};
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

use crate::claims::insert_by_sql;
use crate::migrations::database_before;

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
    let database = TestDatabase::between_releases();
    let Row { canonical, .. } = database.run(|pg| sql_query(index).get_result(pg)).unwrap();
    for canonical in [canonical.as_str(), "carte_id_key(carte_id)"] {
        compare_with_domain(&database, canonical);
    }
}

fn compare_with_domain(database: &TestDatabase, canonical: &str) {
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

/// Inserts an account as the release before the migration did.
fn insert(database: &TestDatabase, account: &Account, carte_id: &str) {
    insert_by_sql(database, account.id, account.role(), account.profile.email.as_str(), carte_id);
}

fn migrate(database: &Database) -> Result<usize, MigrateError> {
    let run = sihha_infra::postgres::migrate(database, MigrateSettings::ALL, &Interrupt::default());
    run.map(|done| done.applied)
}

#[test]
fn a_migration_that_finds_card_numbers_twice_names_them_and_changes_nothing() {
    let database = database_before("20261128150000");
    let first = registered(1, "amina@example.com", patient());
    let second = registered(2, "khalido@example.com", doctor());
    insert(&database, &first, "Ab1");
    insert(&database, &second, "aB1");
    insert(&database, &registered(3, "other@example.com", doctor()), "1990");
    insert(&database, &registered(4, "upper@example.com", hospital()), "XY");
    insert(&database, &registered(5, "lower@example.com", patient()), "xy");

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
    migrate(&database.open()).unwrap();
    let claimed = "SELECT count(*) AS n FROM identifiers WHERE system = 'carte_id' AND value_key = 'xy2'";
    assert_eq!(database.number(claimed), 1);
}
