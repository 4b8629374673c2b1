//! Applications: the migrations to them, and simultaneous decisions.

use std::sync::Barrier;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use sihha_domain::account::{Account, AccountRef, Fact};
use sihha_domain::approval::{
    Application, ApplicationEventKind, Approval, ApprovalError, ApprovalState, DecisionKind, Outcome,
    RejectionReason, StaffRequest,
};
use sihha_domain::clock::Clock;
use sihha_domain::ids::StaffId;
use sihha_domain::reason::Reason;
use sihha_domain::staff::{Actor, StaffCaller};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, registered};
use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::postgres::{Contracting, MigrateSettings, migrate};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_infra::tools;
use sihha_interrupt::Interrupt;
use sihha_tests::TestDatabase;

use crate::migrations::{database_before, revert_from};
use crate::store::{insert, store};

/// The first migration of applications.
const MIGRATION: &str = "20261128170000";

/// A registration by the previous release, in one statement.
const OLD_REGISTRATION: &str = "WITH profile AS (
        INSERT INTO profiles (id, role, labo_role, approval_role, email, carte_id, registered_at, wilaya)
        VALUES ('01980000-0000-7000-8000-0000000000ff', 'labo', 'labo', 'labo', 'new@example.com', 'new', now(), '31')
    ), labo AS (
        INSERT INTO labos (profile_id, name, number, address)
        VALUES ('01980000-0000-7000-8000-0000000000ff', 'Labo', '021', 'Oran')
    ) INSERT INTO approvals (profile_id, role, state, decided_by, decided_at, reason)
    VALUES ('01980000-0000-7000-8000-0000000000ff', 'labo', 'pending', NULL, NULL, NULL)";

/// A rejection by the previous release, a second after the decision that it replaces. It changes the
/// application and appends the decision.
const OLD_REJECTION: &str = "UPDATE approvals SET state = 'rejected', decided_by = 'Leïla',
        decided_at = (SELECT max(at) + interval '1 second' FROM application_events), reason = 'faux diplôme';
    INSERT INTO approval_events (profile_id, id, state, decided_by, decided_at, reason)
        SELECT profile_id, gen_random_uuid(), state, decided_by, decided_at, reason FROM approvals";

fn run(database: &TestDatabase, sql: &str) {
    database.run(|pg| pg.batch_execute(sql)).unwrap();
}

fn upgrade(database: &TestDatabase, contracting: Contracting) {
    let settings = MigrateSettings { contracting, ..MigrateSettings::ALL };
    migrate(&database.open(), settings, &Interrupt::default()).unwrap();
}

#[track_caller]
fn assert_numbers(database: &TestDatabase, numbers: &[(&str, i64)]) {
    for (sql, number) in numbers {
        assert_eq!(database.number(&format!("SELECT count(*) AS n FROM {sql}")), *number, "{sql}");
    }
}

#[test]
fn applications_of_the_previous_release_are_upgraded() {
    let database = database_before(MIGRATION);
    run(
        &database,
        "BEGIN;
        INSERT INTO profiles (id, role, labo_role, approval_role, email, carte_id, registered_at, wilaya)
            SELECT gen_random_uuid(), 'labo', 'labo', 'labo', n || '@example.com', n, now() - n * interval '1 hour',
                CASE n % 2 WHEN 0 THEN '16' END FROM generate_series(1, 2500) AS n;
        INSERT INTO labos (profile_id, name, number, address) SELECT id, 'Labo', '14', 'Oran' FROM profiles;
        INSERT INTO approvals (profile_id, role) SELECT id, role FROM profiles;
        COMMIT;
        UPDATE approvals SET state = 'approved', decided_by = 'Leïla', decided_at = now(), reason = 'vérifié'
            WHERE profile_id IN (SELECT id FROM profiles WHERE carte_id::int > 1300);
        INSERT INTO approval_events (profile_id, id, state, decided_by, decided_at, reason)
            SELECT profile_id, gen_random_uuid(), state, decided_by, decided_at, reason FROM approvals WHERE state = 'approved'",
    );
    upgrade(&database, Contracting::Leave);
    let is_upgraded = "approvals JOIN profiles ON id = profile_id WHERE application_state = state
        AND submitted_at = registered_at AND approvals.wilaya IS NOT DISTINCT FROM profiles.wilaya";
    let is_copied = "application_events AS event JOIN approval_events AS old USING (profile_id, id)
        WHERE kind = state AND at = decided_at AND actor_name = decided_by AND event.reason = old.reason";
    assert_numbers(&database, &[(is_upgraded, 2500), (is_copied, 1200), ("application_events", 1200)]);

    // The previous release goes on.
    run(&database, OLD_REGISTRATION);
    run(&database, "UPDATE profiles SET wilaya = '31' WHERE email = '1@example.com'");
    let of_wilaya =
        "approvals WHERE wilaya = '31' AND application_state = 'pending' AND submitted_at IS NOT NULL";
    assert_numbers(&database, &[(of_wilaya, 2)]);

    upgrade(&database, Contracting::Apply);
    let triggers = "pg_trigger WHERE NOT tgisinternal";
    assert_numbers(&database, &[("application_events", 1200), (triggers, 0)]);
}

fn caller() -> StaffCaller {
    let name = StaffName::parse("Samira").unwrap();
    let id = Some(StaffId::generate(SystemClock.now(), &SystemRandomness));
    let actor = Actor { id, name: name.clone(), directorate: StaffName::parse("DSP Oran").ok() };
    StaffCaller { actor, ..StaffCaller::at_terminal(name) }
}

/// Inserts an account in a database, and returns it with the use cases of this release.
fn applied(database: &TestDatabase) -> (Account, UseCases) {
    let pg = store(database);
    insert(&pg, "doctor@example.com", doctor());
    let use_cases = UseCases::new(tools::ports(&database.open()), Settings::DEFAULT);
    (registered(1, "doctor@example.com", doctor()), use_cases)
}

fn decide(use_cases: &UseCases, account: &Account, kind: &DecisionKind) -> Result<Outcome, ApprovalError> {
    let caller = caller();
    let request = StaffRequest { caller: &caller, account: AccountRef::Id(account.id), repeat: None };
    use_cases.decide.run(&request, kind, TimeDelta::zero())
}

fn read(database: &TestDatabase, account: &Account) -> Application {
    let found = store(database).autocommit().unwrap().approvals().find(&AccountRef::Id(account.id));
    found.unwrap().unwrap()
}

#[test]
fn a_decision_of_the_previous_release_replaces_one_of_this_release() {
    let database = TestDatabase::between_releases();
    let (account, use_cases) = applied(&database);
    let message = Reason::parse("Corrigez le nom").unwrap();
    let request = DecisionKind::RequestChanges { message, fields: vec![Fact::LastName] };
    decide(&use_cases, &account, &request).unwrap();
    assert_eq!(read(&database, &account).state, ApprovalState::ChangesRequested);

    run(&database, OLD_REJECTION);
    let application = read(&database, &account);
    assert_eq!(application.state, ApprovalState::Rejected);
    let Some(Approval::Rejected(decision)) = application.account.approval else {
        panic!("it is rejected: {application:?}")
    };
    assert_eq!(decision.by.as_str(), "Leïla");
    let events = store(&database).autocommit().unwrap().approvals().events(account.id).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.state()).collect();
    assert_eq!(kinds, [Some(ApprovalState::ChangesRequested), Some(ApprovalState::Rejected)]);
    assert_eq!(events[1].by.as_ref().unwrap().name.as_str(), "Leïla");
}

#[test]
fn the_previous_release_does_not_repeat_a_decision_of_this_release() {
    let database = TestDatabase::between_releases();
    let (account, use_cases) = applied(&database);
    let (code, reason) = (RejectionReason::parse("incomplete").ok(), Reason::parse("illisible").ok());
    decide(&use_cases, &account, &DecisionKind::Reject { code, reason }).unwrap();
    // It appends the decision that it replaces, if it does not know it, and its own.
    let append = "INSERT INTO approval_events (profile_id, id, state, decided_by, decided_at, reason)
        SELECT profile_id, gen_random_uuid(), state, decided_by, decided_at, reason FROM approvals";
    run(&database, append);
    run(
        &database,
        &format!(
            "UPDATE approvals SET state = 'approved', decided_by = 'Leïla', decided_at = now(), reason = NULL; {append}"
        ),
    );
    let events = store(&database).autocommit().unwrap().approvals().events(account.id).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.state()).collect();
    assert_eq!(kinds, [Some(ApprovalState::Rejected), Some(ApprovalState::Approved)]);
    let application = read(&database, &account);
    assert_eq!(application.state, ApprovalState::Approved);
    let decision = application.account.approval.as_ref().and_then(Approval::decision).unwrap();
    assert_eq!((decision.by.as_str(), &decision.code), ("Leïla", &None));
}

#[test]
fn the_migrations_can_be_reverted_after_decisions() {
    let database = TestDatabase::new().with_owner();
    let (account, use_cases) = applied(&database);
    let code = RejectionReason::parse("card_mismatch").ok();
    decide(&use_cases, &account, &DecisionKind::Reject { code, reason: None }).unwrap();
    drop(use_cases);
    revert_from(&database, MIGRATION);
    assert_numbers(
        &database,
        &[
            ("approvals WHERE state = 'rejected' AND reason = 'other'", 1),
            (
                "approval_events WHERE state = 'rejected' AND decided_by = 'Samira' AND reason = 'card_mismatch'",
                1,
            ),
        ],
    );
    upgrade(&database, Contracting::Apply);
    assert_eq!(read(&database, &account).state, ApprovalState::Rejected);
}

#[test]
fn of_two_simultaneous_decisions_one_stands() {
    let database = TestDatabase::new();
    let (account, first) = applied(&database);
    let second = UseCases::new(tools::ports(&database.open()), Settings::DEFAULT);
    let barrier = Barrier::new(2);
    let approve = DecisionKind::Approve { note: None };
    let reject = DecisionKind::Reject { code: RejectionReason::parse("other").ok(), reason: None };
    let outcomes = std::thread::scope(|scope| {
        let decide = |use_cases, kind| {
            let (barrier, account) = (&barrier, &account);
            scope.spawn(move || {
                barrier.wait();
                decide(use_cases, account, kind)
            })
        };
        let threads = [decide(&first, &approve), decide(&second, &reject)];
        threads.map(|thread| thread.join().unwrap())
    });
    let stands = outcomes.iter().position(|outcome| matches!(outcome, Ok(Outcome::Done(_)))).unwrap();
    let expected = [ApprovalState::Approved, ApprovalState::Rejected][stands];
    assert_eq!(read(&database, &account).state, expected);
    let Err(ApprovalError::AlreadyDecided { state, by, .. }) = &outcomes[1 - stands] else {
        panic!("the other decision is refused: {outcomes:?}")
    };
    assert_eq!((*state, by.as_ref().map(StaffName::as_str)), (expected, Some("Samira")));
    let events = store(&database).autocommit().unwrap().approvals().events(account.id).unwrap();
    assert_eq!(events.len(), 1);
}

#[test]
fn facts_of_a_later_release_are_left_out() {
    let database = TestDatabase::new();
    let (account, use_cases) = applied(&database);
    let message = Reason::parse("Corrigez").unwrap();
    let request = DecisionKind::RequestChanges { message, fields: vec![Fact::Specialite] };
    decide(&use_cases, &account, &request).unwrap();
    run(
        &database,
        r#"UPDATE application_events SET facts = '{"specialite": "CARDIOLOGIE", "licence": {"number": 5}, "last_name": 7,
            "identifiers": [{"system": "of_later", "value": "1"}, 3]}', fields = '{specialite,licence}';
        UPDATE approvals SET requested_fields = '{licence,specialite}'"#,
    );
    let events = store(&database).autocommit().unwrap().approvals().events(account.id).unwrap();
    let ApplicationEventKind::ChangesRequested { fields, facts, .. } = &events[0].kind else {
        panic!("{events:?}")
    };
    assert_eq!(fields, &[Fact::Specialite]);
    assert_eq!(facts.keys().copied().collect::<Vec<_>>(), [Fact::Specialite]);
    let Some(Approval::ChangesRequested(request)) = read(&database, &account).account.approval else {
        panic!("corrections are requested")
    };
    assert_eq!(request.fields, [Fact::Specialite]);
}
