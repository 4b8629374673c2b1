//! Claims, and the migration to them.

use diesel::connection::SimpleConnection;
use sihha_domain::account::{Account, CarteId, InsertError, NewAccount, Role, UniqueField};
use sihha_domain::ids::ProfileId;
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, hospital, labo, patient, registered};
use sihha_infra::postgres::{Contracting, MigrateSettings, migrate};
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

use crate::migrations::database_before;
use crate::store::{hash, store};

/// The first migration of claims.
const MIGRATION: &str = "20261128160000";

/// Inserts an account as the release before [`MIGRATION`] did: without claims.
pub(crate) fn insert_by_sql(database: &TestDatabase, id: ProfileId, role: Role, email: &str, carte_id: &str) {
    let details = match role {
        Role::Patient => "patients (profile_id, first_name, last_name) VALUES ($id, 'Amina', 'Benali')",
        Role::Doctor => {
            "doctors (profile_id, first_name, last_name, specialite, is_privee) \
             VALUES ($id, 'Khalid', 'Haddad', 'CARDIOLOGIE', false)"
        }
        Role::Hospital => "hospitals (profile_id, name, number, address) VALUES ($id, 'CHU', '021', 'Alger')",
        Role::Labo => "labos (profile_id, name, number, address) VALUES ($id, 'Labo', '021', 'Alger')",
    };
    let approval = if role.needs_approval() {
        format!("INSERT INTO approvals (profile_id, role) VALUES ($id, '{role}');", role = role.as_str())
    } else {
        String::new()
    };
    let sql = format!(
        "BEGIN; INSERT INTO profiles (id, role, email, carte_id, registered_at) \
         VALUES ($id, '{role}', '{email}', '{carte_id}', now()); INSERT INTO {details}; {approval} \
         INSERT INTO passwords (profile_id, hash) VALUES ($id, '{hash}'); COMMIT;",
        role = role.as_str(),
        hash = hash().expose(),
    );
    database.run(|pg| pg.batch_execute(&sql.replace("$id", &format!("'{id}'")))).unwrap();
}

fn upgrade(database: &TestDatabase, contracting: Contracting) {
    let settings = MigrateSettings { contracting, ..MigrateSettings::ALL };
    migrate(&database.open(), settings, &Interrupt::default()).unwrap();
}

/// Checks that the account is found by its e-mail, and that nobody else can have its e-mail or card.
fn assert_claimed(database: &TestDatabase, account: &Account) {
    let store = store(database);
    let found = store.autocommit().unwrap().passwords().find(&account.profile.email).unwrap();
    assert_eq!(found.map(|found| found.id), Some(account.id));
    for (field, claim) in [UniqueField::Email, UniqueField::CarteId].into_iter().zip(account.claims()) {
        assert_eq!(claim.field, field);
        assert_eq!(store.autocommit().unwrap().accounts().find_claimed(&[claim]), Ok(Some(field)));
    }
    let mut other = registered(99, "somebody.else@example.com", patient());
    other.profile.carte_id = account.profile.carte_id.clone();
    let refused = store.autocommit().unwrap().accounts().insert(&NewAccount::with_password(&other, &hash()));
    assert_eq!(refused, Err(InsertError::Taken));
}

#[test]
fn accounts_of_the_previous_release_keep_their_emails_and_cards() {
    let database = database_before(MIGRATION);
    let account = |number, email: &str, details, carte_id: &str| {
        let mut account = registered(number, email, details);
        account.profile.carte_id = CarteId::parse(carte_id).unwrap();
        let email = account.profile.email.as_str();
        insert_by_sql(&database, account.id, account.role(), email, carte_id);
        account
    };
    let mut accounts = vec![
        account(1, "Amina@Example.com", patient(), "1990-0515/Ab"),
        account(2, "doctor@hôpital.dz", doctor(), "٢٢٢"),
        account(3, "hospital@example.com", hospital(), "H-1"),
    ];
    upgrade(&database, Contracting::Leave);
    // The previous release still registers accounts.
    accounts.push(account(4, "labo@example.com", labo(), "L 1"));
    for account in &accounts {
        assert_claimed(&database, account);
    }
    upgrade(&database, Contracting::Apply);
    for account in &accounts {
        assert_claimed(&database, account);
    }
    let removed = database.execute("DELETE FROM patients");
    assert!(removed.is_err(), "a profile stays whole");
}

#[test]
fn many_accounts_are_claimed_batch_by_batch() {
    let database = database_before(MIGRATION);
    let fill = "INSERT INTO profiles (id, role, email, carte_id, registered_at) \
                SELECT gen_random_uuid(), 'user', 'user' || n || '@example.com', n, now() \
                FROM generate_series(1, 10000) AS n; \
                INSERT INTO patients (profile_id, first_name, last_name) SELECT id, 'Amina', 'Benali' FROM profiles";
    database.run(|pg| pg.batch_execute(fill)).unwrap();
    upgrade(&database, Contracting::Apply);
    assert_eq!(database.number("SELECT count(*) AS n FROM identifiers"), 20_000);
    assert_eq!(database.number("SELECT count(*) AS n FROM profiles WHERE patient_role = 'user'"), 10_000);
}
