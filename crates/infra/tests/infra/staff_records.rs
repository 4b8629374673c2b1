//! Suspensions and decisions on applications, across releases and servers.

use std::path::Path;
use std::sync::Arc;

use diesel::PgConnection;
use diesel::connection::{Connection, SimpleConnection};
use sihha_domain::account::AccountRef;
use sihha_domain::mail::Outbox;
use sihha_domain::reason::Reason;
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::suspension::{Suspend, SuspensionRequest};
use sihha_domain::testing::{doctor, email, patient, registered};
use sihha_infra::postgres::PgStore;
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_tests::TestDatabase;

use crate::store::{insert, store};

/// Applies the migrations whose name matches, in their order.
fn apply(pg: &mut PgConnection, is_wanted: impl Fn(&str) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.iter().filter(|path| is_wanted(path.file_name().unwrap().to_str().unwrap())) {
        pg.batch_execute(&std::fs::read_to_string(path.join("up.sql")).unwrap()).unwrap();
    }
}

fn suspend(store: PgStore) -> Suspend {
    Suspend {
        store: Arc::new(store),
        outbox: Outbox { secret_box: Arc::new(NoSecretKey), randomness: Arc::new(SystemRandomness) },
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
    }
}

/// Statements of the previous release, which writes suspensions without an id and overwrites
/// earlier decisions.
const OLD_SUSPENSION: &str = "INSERT INTO suspensions (profile_id, suspended_at, suspended_by, reason)
    SELECT id, '2026-11-24 08:00:00.123+00', 'Leïla', 'compte volé' FROM profiles";
const OLD_REINSTATEMENT: &str =
    "UPDATE suspensions SET lifted_at = now(), lifted_by = 'Karim' WHERE lifted_at IS NULL";
const OLD_DECISION: &str = "UPDATE approvals SET state = 'rejected', decided_by = 'Leïla',
    decided_at = '2026-11-25 08:00:00+00', reason = 'faux diplôme'";

#[test]
fn an_upgrade_adds_ids_to_suspensions_and_events_for_decisions() {
    const NEW: &str = "2026-11-28-12";
    let test = TestDatabase::empty();
    let mut pg = PgConnection::establish(&test.url()).unwrap();
    apply(&mut pg, |name| name < NEW);
    pg.batch_execute(&format!(
        "BEGIN;
        INSERT INTO profiles (id, role, email, carte_id, registered_at)
            SELECT gen_random_uuid(), 'labo', n || '@example.com', n, now() FROM generate_series(1, 1500) AS n;
        INSERT INTO labos (profile_id, name, number, address) SELECT id, 'Labo', '14', 'Oran' FROM profiles;
        INSERT INTO approvals (profile_id, role) SELECT id, role FROM profiles;
        COMMIT;
        {OLD_SUSPENSION}; {OLD_REINSTATEMENT}; {OLD_DECISION} WHERE profile_id IN (SELECT id FROM profiles LIMIT 1400)"
    ))
    .unwrap();
    apply(&mut pg, |name| name.starts_with(NEW));
    for (sql, wanted) in [
        ("SELECT count(DISTINCT suspension_id) AS n FROM suspensions", 1500),
        // UUID version 7 with the time of the suspension in milliseconds.
        ("SELECT count(*) AS n FROM suspensions WHERE suspension_id::text ~ '^01a20c91-a07b-7'", 1500),
        ("SELECT count(*) AS n FROM approval_events WHERE id::text ~ '^01a211b7-fc00-7'", 1400),
        ("SELECT count(*) AS n FROM approval_events NATURAL JOIN (SELECT profile_id, state, decided_by, decided_at, reason
            FROM approvals) AS decided", 1400),
        ("SELECT count(*) AS n FROM pg_class WHERE relkind = 'S'", 0),
    ] {
        assert_eq!(test.number(sql), wanted, "{sql}");
    }
}

#[test]
fn the_previous_release_works_on_the_new_schema() {
    let test = TestDatabase::between_releases();
    let store = store(&test);
    insert(&store, "doctor@example.com", doctor());
    let named = AccountRef::Id(registered(1, "doctor@example.com", doctor()).id);
    let last = || store.begin().unwrap().suspensions().lock(&named).unwrap().unwrap().suspension;
    for reinstated in 1..=2 {
        test.execute(OLD_SUSPENSION).unwrap();
        assert_eq!(last().unwrap().reinstatement, None);
        test.execute(OLD_REINSTATEMENT).unwrap();
        assert_eq!(last().unwrap().reinstatement.unwrap().by.as_str(), "Karim");
        assert_eq!(test.number("SELECT count(DISTINCT suspension_id) AS n FROM suspensions"), reinstated);
    }
    // The previous release regards the suspension with the greatest id as the last one.
    let by = StaffName::parse("Samira").unwrap();
    suspend(store).run(&SuspensionRequest::once(named, by), &Reason::parse("encore").unwrap()).unwrap();
    let last = "SELECT count(*) AS n FROM (SELECT reason FROM suspensions ORDER BY id DESC LIMIT 1) AS last
        WHERE reason = 'encore'";
    assert_eq!(test.number(last), 1);
    test.execute(OLD_DECISION).unwrap();
}

/// Logical replication copies rows, but not sequences.
#[test]
fn an_account_can_be_suspended_after_a_move_by_logical_replication() {
    let test = TestDatabase::new();
    let store = store(&test);
    insert(&store, "patient@example.com", patient());
    test.execute(
        "INSERT INTO suspensions (suspension_id, profile_id, suspended_at, suspended_by, reason, lifted_at, lifted_by)
        SELECT gen_random_uuid(), id, now(), 'L', 'R', now(), 'L' FROM profiles, generate_series(1, 20)",
    )
    .unwrap();
    let account = AccountRef::Email(email("patient@example.com"));
    let request = SuspensionRequest::once(account, StaffName::parse("Leïla").unwrap());
    suspend(store).run(&request, &Reason::parse("compte volé").unwrap()).unwrap();
}
