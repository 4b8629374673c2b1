//! What the queue of staff reads of a large database.

use diesel::connection::SimpleConnection;
use sihha_domain::account::Role;
use sihha_domain::approval::{ApprovalState, QueueCursor, QueueFilter};
use sihha_domain::clock::Clock;
use sihha_domain::ids::StaffId;
use sihha_domain::place::Wilaya;
use sihha_domain::store::Store;
use sihha_domain::testing::FixedClock;
use sihha_tests::TestDatabase;

use crate::search::wait_for_others;
use crate::store::store;

const LIMIT: u32 = 20;

/// The member of staff who holds every thousandth application.
const MEMBER: &str = "01980000-0000-7000-8000-000000000001";

/// Returns a database with 20,000 applications, spread over states, roles and wilayas.
fn database_of_many() -> TestDatabase {
    let database = TestDatabase::new();
    database
        .run(|pg| {
            pg.batch_execute(&format!(
                "BEGIN;
                CREATE TEMPORARY TABLE many ON COMMIT DROP AS
                    SELECT n, ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
                        (ARRAY['doctor', 'hospital', 'labo'])[n % 3 + 1] AS role,
                        (ARRAY['pending', 'changes_requested', 'approved', 'rejected', 'changes_pending'])[n % 5 + 1] AS state,
                        lpad((n % 58 + 1)::text, 2, '0') AS wilaya, '2026-11-01 00:00Z'::timestamptz + n * interval '1 minute' AS at
                    FROM generate_series(1, 20000) AS n;
                INSERT INTO profiles (id, role, approval_role, doctor_role, hospital_role, labo_role, email, carte_id, registered_at, wilaya)
                    SELECT id, role, role, CASE role WHEN 'doctor' THEN role END, CASE role WHEN 'hospital' THEN role END,
                        CASE role WHEN 'labo' THEN role END, n || '@example.com', n, at, wilaya FROM many;
                INSERT INTO doctors (profile_id, first_name, last_name, specialite, is_privee)
                    SELECT id, 'Amina', 'Haddad', 'CARDIOLOGIE', true FROM many WHERE role = 'doctor';
                INSERT INTO hospitals (profile_id, name, number, address)
                    SELECT id, 'CHU', '021', 'Alger' FROM many WHERE role = 'hospital';
                INSERT INTO labos (profile_id, name, number, address)
                    SELECT id, 'Labo', '021', 'Alger' FROM many WHERE role = 'labo';
                INSERT INTO approvals (profile_id, role, state, decided_by, decided_at, reason_code, application_state, submitted_at, wilaya,
                        requested_at, requested_message, requested_fields, pending_changes, claimed_by, claimed_by_name, claimed_until)
                    SELECT id, role, in_force, CASE WHEN in_force <> 'pending' THEN 'Leïla' END, CASE WHEN in_force <> 'pending' THEN at END,
                        CASE state WHEN 'rejected' THEN 'other' END, state, at, wilaya,
                        CASE state WHEN 'changes_requested' THEN at END, CASE state WHEN 'changes_requested' THEN 'Le nom' END,
                        CASE state WHEN 'changes_requested' THEN '{{name}}'::text[] END,
                        CASE state WHEN 'changes_pending' THEN '{{\"name\": \"CHU Alger\"}}'::jsonb END,
                        CASE WHEN n % 1000 = 0 THEN '{MEMBER}'::uuid END, CASE WHEN n % 1000 = 0 THEN 'Leïla' END,
                        CASE WHEN n % 1000 = 0 THEN '2026-12-31 00:00Z'::timestamptz END
                    FROM many CROSS JOIN LATERAL (SELECT CASE state WHEN 'changes_requested' THEN 'pending'
                        WHEN 'changes_pending' THEN 'approved' ELSE state END AS in_force) AS derived;
                COMMIT; ANALYZE"
            ))
        })
        .unwrap();
    database
}

/// Returns the number of entries that indexes of applications returned, and the number of rows that were
/// read without an index.
fn reads(database: &TestDatabase) -> (i64, i64) {
    wait_for_others(database);
    let indexed =
        "SELECT sum(idx_tup_read)::bigint AS n FROM pg_stat_user_indexes WHERE relname = 'approvals'";
    let sequential = "SELECT sum(seq_tup_read)::bigint AS n FROM pg_stat_user_tables
        WHERE relname IN ('approvals', 'profiles', 'doctors', 'hospitals', 'labos')";
    (database.number(indexed), database.number(sequential))
}

#[test]
fn a_page_reads_a_few_rows_of_each_range() {
    let database = database_of_many();
    let now = FixedClock::at("2026-11-28T09:00:00Z").now();
    let wilayas = |codes: &[&str]| codes.iter().map(|code| Wilaya::parse(code).unwrap()).collect();
    let pending = QueueFilter { states: vec![ApprovalState::Pending], ..QueueFilter::default() };
    let member: StaffId = MEMBER.parse().unwrap();
    let filters = [
        // The number of ranges of an index, and the filter.
        (15, QueueFilter::default()),
        (3, pending.clone()),
        (1, QueueFilter { roles: vec![Role::Labo], ..pending.clone() }),
        (
            6,
            QueueFilter {
                states: vec![ApprovalState::Pending, ApprovalState::ChangesPending],
                ..QueueFilter::default()
            },
        ),
        (6, QueueFilter { wilayas: wilayas(&["16", "31"]), ..pending.clone() }),
        (30, QueueFilter { wilayas: wilayas(&["16", "31"]), ..QueueFilter::default() }),
        (3, QueueFilter { free_at: Some(now), ..pending.clone() }),
        (1, QueueFilter { claimed_by: Some((member, now)), ..QueueFilter::default() }),
    ];
    let middle = QueueCursor {
        submitted_at: FixedClock::at("2026-11-08T00:00:00Z").now(),
        id: "01980000-0000-7000-8000-000000000001".parse().unwrap(),
    };
    for (ranges, filter) in filters {
        for after in [None, Some(middle)] {
            let (indexed, sequential) = reads(&database);
            let store = store(&database);
            let page = store.autocommit().unwrap().approvals().page(&filter, after, LIMIT).unwrap();
            drop(store);
            assert!(!page.is_empty(), "{filter:?}");
            let (indexed_after, sequential_after) = reads(&database);
            assert_eq!(sequential_after, sequential, "{filter:?} after {after:?}");
            // The ranges, and then each application of the page twice, by its id.
            let most = i64::from((ranges + 2) * LIMIT) + 20;
            let read = indexed_after - indexed;
            assert!(read <= most, "{filter:?} after {after:?}: {read} entries, at most {most} expected");
        }
    }
}

#[test]
fn pages_have_every_application_once() {
    let database = database_of_many();
    let store = store(&database);
    let filter = QueueFilter { roles: vec![Role::Doctor, Role::Labo], ..QueueFilter::default() };
    let mut repositories = store.autocommit().unwrap();
    let mut approvals = repositories.approvals();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = approvals.page(&filter, after, 1000).unwrap();
        seen.extend(page.iter().map(QueueCursor::after));
        after = seen.last().copied();
        if page.is_empty() {
            break;
        }
    }
    let place = |cursor: &QueueCursor| (cursor.submitted_at, cursor.id);
    assert!(seen.is_sorted_by(|one, next| place(one) < place(next)));
    let counts = approvals.count(&filter).unwrap();
    assert_eq!(counts.values().sum::<u64>(), seen.len() as u64);
    let all = "SELECT count(*) AS n FROM approvals WHERE role IN ('doctor', 'labo')";
    assert_eq!(i64::try_from(seen.len()).unwrap(), database.number(all));
}
