//! The store on Postgres: what only the schema guarantees, and lost connections.

use std::sync::Arc;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use sihha_domain::account::NewAccount;
use sihha_domain::password::PasswordHash;
use sihha_domain::store::{Store, StoreError};
use sihha_domain::testing::{doctor, patient, registered};
use sihha_infra::postgres::{PgStore, PoolSettings};
use sihha_tests::{TestDatabase, TestPostgres};

pub(crate) fn store(database: &TestDatabase) -> PgStore {
    let pool = PoolSettings { size: 8, acquire_timeout: Duration::from_secs(30) };
    PgStore::new(database.open(), pool)
}

pub(crate) fn hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned())
}

pub(crate) fn insert(store: &PgStore, address: &str, details: sihha_domain::account::RoleDetails) {
    let mut transaction = store.begin().unwrap();
    transaction
        .accounts()
        .insert(&NewAccount::with_password(&registered(1, address, details), &hash()))
        .unwrap();
    transaction.commit().unwrap();
}

/// Returns the name of the constraint that a statement violated.
fn violated_constraint(outcome: diesel::QueryResult<usize>) -> Option<String> {
    use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, UniqueViolation};
    match outcome {
        Err(DieselError::DatabaseError(
            CheckViolation | ForeignKeyViolation | UniqueViolation,
            information,
        )) => information.constraint_name().map(str::to_owned),
        other => panic!("no constraint was violated: {other:?}"),
    }
}

#[test]
fn the_schema_refuses_invalid_rows() {
    let database = TestDatabase::new();
    insert(&store(&database), "doctor@example.com", doctor());
    let refused = [
        // A second role.
        (
            "INSERT INTO patients (profile_id, first_name, last_name) SELECT id, 'A', 'B' FROM profiles",
            "patients_profile_fkey",
        ),
        (
            "INSERT INTO patients (profile_id, role, first_name, last_name) SELECT id, role, 'A', 'B' FROM profiles",
            "patients_role_user",
        ),
        // An incomplete account.
        ("DELETE FROM doctors", "profiles_doctor_role_fkey"),
        ("DELETE FROM approvals", "profiles_approval_role_fkey"),
        (
            "INSERT INTO profiles (id, role, email, carte_id, registered_at) \
          VALUES ('019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90', 'user', 'a@b.c', '1', now())",
            "profiles_roles_of_role",
        ),
        (
            "INSERT INTO profiles (id, role, patient_role, email, carte_id, registered_at) \
          VALUES ('019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90', 'user', 'user', 'a@b.c', '1', now())",
            "profiles_patient_role_fkey",
        ),
        // An incomplete decision.
        ("UPDATE approvals SET state = 'approved'", "approvals_decision_whole"),
        (
            "UPDATE approvals SET state = 'rejected', decided_by = 'L', decided_at = now()",
            "approvals_rejection_with_reason",
        ),
        // A suspension that nobody lifted, and a second one in force.
        (
            "INSERT INTO suspensions (suspension_id, profile_id, suspended_at, suspended_by, reason, lifted_at) \
          SELECT gen_random_uuid(), id, now(), 'L', 'R', now() FROM profiles",
            "suspensions_lifted_whole",
        ),
        (
            "INSERT INTO suspensions (suspension_id, profile_id, suspended_at, suspended_by, reason) \
          SELECT gen_random_uuid(), id, now(), 'L', 'R' FROM profiles, generate_series(1, 2)",
            "suspensions_one_in_force",
        ),
        // Values that are not in the reference data.
        ("UPDATE doctors SET specialite = 'MAGIE'", "doctors_specialite_fkey"),
        ("UPDATE profiles SET blood_type = 'C+'", "profiles_blood_type_known"),
        (
            "UPDATE profiles SET role = 'staff', doctor_role = NULL, approval_role = 'staff'",
            "profiles_role_known",
        ),
        ("UPDATE passwords SET hash = 'secret'", "passwords_hash_phc"),
    ];
    for (sql, constraint) in refused {
        assert_eq!(violated_constraint(database.execute(sql)).as_deref(), Some(constraint), "{sql}");
    }
}

#[test]
fn deleting_a_profile_deletes_the_whole_account() {
    let database = TestDatabase::new();
    insert(&store(&database), "doctor@example.com", doctor());
    assert_eq!(database.execute("DELETE FROM profiles"), Ok(1));
    for table in ["doctors", "approvals", "passwords"] {
        assert_eq!(database.number(&format!("SELECT count(*) AS n FROM {table}")), 0, "{table}");
    }
}

#[test]
fn nobody_else_can_update_a_locked_account() {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "patient@example.com", patient());
    let id = registered(1, "patient@example.com", patient()).id;
    let mut transaction = store.begin().unwrap();
    transaction.sessions().lock_owner(id).unwrap().expect("an account");
    let impatient = "SELECT 1 FROM profiles FOR NO KEY UPDATE NOWAIT";
    assert!(database.execute(impatient).is_err(), "a change that revokes all sessions must wait");
    drop(transaction);
    assert_eq!(database.execute(impatient), Ok(1));
}

#[test]
fn broken_connections_are_detected_and_replaced() {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "patient@example.com", patient());
    let kill = "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(store.ping(), Ok(()));
    assert!(database.number(kill) >= 2);
    assert_eq!(store.ping(), Ok(()), "the check opens another connection");
    // A transaction gets a working connection, regardless of the number of broken ones.
    drop(store.begin().unwrap());
    // A read may get a broken connection, but each broken connection is used at most once.
    let id = registered(1, "patient@example.com", patient()).id;
    let find = || store.autocommit().unwrap().accounts().find(id);
    let failures = (0..20).filter(|_| find().is_err()).count();
    assert!(failures <= 8, "{failures}");
    assert!(find().is_ok());
}

#[test]
fn the_store_recovers_after_the_database_was_unavailable() {
    let postgres = Arc::new(TestPostgres::start());
    let database = TestDatabase::on(Arc::clone(&postgres));
    let pool = PoolSettings { size: 2, acquire_timeout: Duration::from_secs(2) };
    let store = PgStore::new(database.open(), pool);
    store.ping().unwrap();

    postgres.stop();
    assert!(matches!(store.ping(), Err(StoreError::Unavailable(_))));
    assert!(matches!(store.begin().map(drop), Err(StoreError::Unavailable(_))));

    postgres.start_again();
    let started = std::time::Instant::now();
    while store.ping().is_err() {
        assert!(started.elapsed() < Duration::from_secs(30), "still unavailable");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A later release may have more states. A state decides what an account may do, so an unknown
/// state is an error.
#[test]
fn the_error_for_an_unknown_state_contains_only_table_and_column() {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "doctor@example.com", doctor());
    database.execute("ALTER TABLE approvals DROP CONSTRAINT approvals_state_known").unwrap();
    database.execute("UPDATE approvals SET state = 'revoked', decided_by = 'L', decided_at = now()").unwrap();
    let id = registered(1, "doctor@example.com", doctor()).id;
    let found = store.autocommit().unwrap().accounts().find(id);
    assert_eq!(found, Err(StoreError::Inconsistent("approvals.state".to_owned())));
}

/// This release may run on the schema of a later one, which may allow more values.
#[test]
fn a_value_of_a_later_release_is_read_and_not_changed() {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "patient@example.com", patient());
    for sql in [
        "ALTER TABLE profiles DROP CONSTRAINT profiles_gender_known, DROP CONSTRAINT profiles_blood_type_known",
        "UPDATE profiles SET gender = 'Unknown', blood_type = 'Rh null'",
    ] {
        database.execute(sql).unwrap();
    }
    let id = registered(1, "patient@example.com", patient()).id;
    let mut repositories = store.autocommit().unwrap();
    let account = repositories.accounts().find(id).unwrap().unwrap();
    let mut changed = account.clone();
    changed.profile.address = None;
    repositories.accounts().update(&account, &changed, account.registered_at).unwrap();
    let kept = repositories.accounts().find(id).unwrap().unwrap().profile;
    assert_eq!(kept.gender.unwrap().as_str(), "Unknown");
    assert_eq!(kept.blood_type.unwrap().as_str(), "Rh null");
}

#[test]
fn an_end_reason_of_a_later_release_is_listed_with_the_others() {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "patient@example.com", patient());
    let account = registered(1, "patient@example.com", patient());
    let sessions = "INSERT INTO sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at, ended_at,
            end_reason)
        SELECT gen_random_uuid(), id, sha256('x'), now(), now(), now(), now(), now(), reason
        FROM profiles, unnest(ARRAY['logged_out', 'device_lost']) AS reason";
    database.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason_known").unwrap();
    database.execute(sessions).unwrap();
    let mut repositories = store.autocommit().unwrap();
    let since = account.registered_at - chrono::TimeDelta::days(30_000);
    let ended = repositories.sessions().ended(account.id, since, 9).unwrap();
    let mut reasons: Vec<_> = ended.iter().map(|ended| ended.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["device_lost", "logged_out"]);
}
