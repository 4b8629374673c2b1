//! What is stored for the search: by each write of an account, and by the migration.

use std::time::Duration;

use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use sihha_domain::account::{Account, NewAccount, PersonName, PhoneNumber, RoleDetails};
use sihha_domain::search::SearchTerms;
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, hospital, labo, patient, registered};
use sihha_infra::postgres::{Contracting, MigrateError, MigrateSettings, Migrated, PgStore};
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

use crate::store::{hash, store};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    terms: String,
}

/// Returns the stored terms, which contain no space.
fn stored(database: &TestDatabase, account: &Account) -> Vec<String> {
    let sql = format!(
        "SELECT array_to_string(terms, ' ') AS terms FROM search_keys WHERE profile_id = '{}'",
        account.id
    );
    let rows = database.run(|pg| sql_query(sql).load::<Row>(pg)).unwrap();
    rows.iter().flat_map(|row| row.terms.split(' ')).map(str::to_owned).collect()
}

/// Inserts an account of each role.
fn insert_all(store: &PgStore) -> Vec<Account> {
    let details = [patient(), doctor(), hospital(), labo()];
    let account = |(number, details)| registered(number, &format!("a{number}@example.com"), details);
    let accounts: Vec<_> = (1..).zip(details).map(account).collect();
    for account in &accounts {
        store.autocommit().unwrap().accounts().insert(&NewAccount::with_password(account, &hash())).unwrap();
    }
    accounts
}

fn renamed(account: &Account) -> Account {
    let mut renamed = account.clone();
    renamed.profile.numero_tel = PhoneNumber::parse("+33 6 12 34 56 78").ok();
    if let RoleDetails::Patient(patient) = &mut renamed.details {
        patient.last_name = PersonName::parse("Haddad").unwrap();
    }
    renamed
}

fn migrate(database: &TestDatabase, contracting: Contracting, wait: u64) -> Result<Migrated, MigrateError> {
    let settings = MigrateSettings { contracting, wait: Duration::from_secs(wait) };
    sihha_infra::postgres::migrate(&database.open(), settings, &Interrupt::default())
}

/// Makes the database as the previous release leaves it: without terms.
fn revert(database: &TestDatabase) {
    database.execute("DELETE FROM search_keys").unwrap();
    database.execute("DROP INDEX search_keys_terms_idx").unwrap();
    let later = "DELETE FROM __diesel_schema_migrations WHERE version IN \
                 ('20261128161100', '20261128161200', '20261128161300')";
    database.execute(later).unwrap();
}

const ROWS: &str = "SELECT count(*) AS n FROM search_keys";

#[test]
fn each_write_of_an_account_writes_its_terms() {
    let database = TestDatabase::new();
    let store = store(&database);
    for account in insert_all(&store) {
        assert_eq!(stored(&database, &account), SearchTerms::of(&account));
        let changed = renamed(&account);
        assert_ne!(SearchTerms::of(&changed), SearchTerms::of(&account));
        store.autocommit().unwrap().accounts().update(&account, &changed, account.registered_at).unwrap();
        assert_eq!(stored(&database, &account), SearchTerms::of(&changed));
    }
}

#[test]
fn a_change_adds_the_terms_that_the_previous_release_did_not_write() {
    let database = TestDatabase::new();
    let store = store(&database);
    let accounts = insert_all(&store);
    database.execute("DELETE FROM search_keys").unwrap();
    store
        .autocommit()
        .unwrap()
        .accounts()
        .update(&accounts[0], &accounts[0], accounts[0].registered_at)
        .unwrap();
    assert_eq!(stored(&database, &accounts[0]), SearchTerms::of(&accounts[0]));
}

#[test]
fn accounts_of_the_previous_release_get_their_terms() {
    let database = TestDatabase::new().with_owner();
    let store = store(&database);
    let accounts = insert_all(&store);
    revert(&database);
    let done = migrate(&database, Contracting::Leave, 60).unwrap();
    assert_eq!(done, Migrated { applied: 2, left: 1 });
    for account in &accounts {
        assert_eq!(stored(&database, account), SearchTerms::of(account));
    }
    // The previous release changes an account, and registers another one.
    database.execute("UPDATE patients SET last_name = 'Haddad'").unwrap();
    database.execute("UPDATE profiles SET numero_tel = '0033 6 12 34 56 78' WHERE role = 'user'").unwrap();
    database.execute(&format!("DELETE FROM search_keys WHERE profile_id = '{}'", accounts[1].id)).unwrap();
    assert_eq!(migrate(&database, Contracting::Apply, 60).unwrap().applied, 1);
    assert_eq!(stored(&database, &accounts[0]), SearchTerms::of(&renamed(&accounts[0])));
    for account in &accounts[1..] {
        assert_eq!(stored(&database, account), SearchTerms::of(account));
    }
}

#[test]
fn an_interrupted_migration_keeps_the_terms_that_it_wrote_and_continues() {
    let database = TestDatabase::new().with_owner();
    let accounts = "BEGIN;
        INSERT INTO profiles (id, role, patient_role, email, carte_id, registered_at)
            SELECT lpad(n::text, 32, '0')::uuid, 'user', 'user', n || '@example.com', n, now() FROM generate_series(1, 1000) AS n;
        INSERT INTO patients (profile_id, first_name, last_name) SELECT id, 'Amina', 'Benali' FROM profiles;
        COMMIT";
    database.run(|pg| diesel::connection::SimpleConnection::batch_execute(pg, accounts)).unwrap();
    revert(&database);
    let mut other = PgConnection::establish(&database.url()).unwrap();
    let lock = "SELECT FROM profiles WHERE email = '900@example.com' FOR UPDATE";
    other.begin_test_transaction().unwrap();
    sql_query(lock).execute(&mut other).unwrap();
    let blocked = migrate(&database, Contracting::Leave, 0);
    assert!(matches!(blocked, Err(MigrateError::Blocked(..))), "{blocked:?}");
    let written = database.number(ROWS);
    assert!((1..900).contains(&written), "{written}");
    drop(other);
    assert_eq!(migrate(&database, Contracting::Leave, 60).unwrap().applied, 2);
    assert_eq!(database.number(ROWS), 1000);
}

#[test]
fn the_migration_does_not_replace_the_terms_of_a_simultaneous_change() {
    for is_missing in [true, false] {
        let database = TestDatabase::new().with_owner();
        let store = store(&database);
        let account = insert_all(&store).remove(0);
        revert(&database);
        if !is_missing {
            migrate(&database, Contracting::Leave, 60).unwrap();
            database.execute("UPDATE search_keys SET terms = '{outdated}'").unwrap();
        }
        let changed = renamed(&account);
        let mut transaction = store.begin().unwrap();
        transaction.accounts().update(&account, &changed, account.registered_at).unwrap();
        std::thread::scope(|scope| {
            let migration = scope.spawn(|| migrate(&database, Contracting::Apply, 60).unwrap());
            database.wait_until_blocked();
            transaction.commit().unwrap();
            migration.join().unwrap();
        });
        assert_eq!(stored(&database, &account), SearchTerms::of(&changed), "missing: {is_missing}");
        assert_eq!(database.number(ROWS), 4);
    }
}
