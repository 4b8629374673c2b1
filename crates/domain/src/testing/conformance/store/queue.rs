//! The queue of applications, their history, and figures about both.

use chrono::{NaiveDate, TimeDelta};

use super::fixture::{ObservableStore, application, change, event, insert, insert_all, member};
use crate::account::{Account, Fact, Role};
use crate::approval::{
    ApplicationClaim, ApplicationEvent, ApplicationEventKind, ApprovalState, QueueCursor, QueueFilter,
    RejectionReason, ReviewedDay, ReviewerCount, facts_of,
};
use crate::ids::ProfileId;
use crate::place::{Place, Wilaya};
use crate::reason::Reason;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{labo, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("the_queue_is_in_the_order_of_submission_and_then_of_ids", order),
    ("the_queue_is_filtered_by_state_role_and_wilaya", filters),
    ("the_queue_is_filtered_by_claim", claims),
    ("applications_are_counted_by_state", counts),
    ("every_event_is_stored_and_kept", events),
    ("figures_are_of_decisions_that_were_not_undone", stats),
];

fn page(store: &dyn Store, filter: &QueueFilter, after: Option<QueueCursor>, limit: u32) -> Vec<ProfileId> {
    let mut repositories = store.autocommit().expect("open");
    let page = repositories.approvals().page(filter, after, limit).expect("readable");
    page.into_iter().map(|application| application.account.id).collect()
}

fn all(store: &dyn Store, filter: &QueueFilter) -> Vec<ProfileId> {
    page(store, filter, None, 100)
}

fn order(store: &dyn ObservableStore) {
    // The ids increase, the times of submission do not.
    let accounts: Vec<Account> = [(1, 3), (2, 1), (3, 2), (4, 1)]
        .map(|(number, days)| {
            let account = registered(number, &format!("labo{number}@example.com"), labo());
            Account { registered_at: account.registered_at + TimeDelta::days(days), ..account }
        })
        .into();
    for account in &accounts {
        insert(store, account).expect("inserted");
    }
    let wanted = [1, 3, 2, 0].map(|index| accounts[index].id);
    let everything = QueueFilter::default();
    let several = QueueFilter {
        states: vec![ApprovalState::Rejected, ApprovalState::Pending],
        roles: vec![Role::Labo, Role::Doctor],
        ..QueueFilter::default()
    };
    for filter in [everything, several] {
        assert_eq!(all(store, &filter), wanted);
        assert_eq!(page(store, &filter, None, 3), wanted[..3]);
        for position in 0..wanted.len() {
            let after = QueueCursor::after(&application(store, wanted[position]));
            assert_eq!(
                page(store, &filter, Some(after), 2),
                wanted[position + 1..].iter().copied().take(2).collect::<Vec<_>>()
            );
        }
    }
    let later = accounts[0].registered_at + TimeDelta::days(9);
    change(store, wanted[0], |application| application.submitted_at = later);
    assert_eq!(all(store, &QueueFilter::default()), [wanted[1], wanted[2], wanted[3], wanted[0]]);
}

fn filters(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let mut moved = labo.clone();
    moved.profile.place = Place::new(Wilaya::parse("31").ok(), None).expect("valid");
    let mut transaction = store.begin().expect("begun");
    assert_eq!(transaction.accounts().update(&labo, &moved, labo.registered_at), Ok(None));
    transaction.commit().expect("committed");
    let mut nowhere = registered(5, "nowhere@example.com", crate::testing::labo());
    nowhere.profile.place = None;
    insert(store, &nowhere).expect("inserted");
    change(store, doctor.id, |application| application.state = ApprovalState::Approved);
    let [doctor, hospital, labo, nowhere] = [doctor, hospital, labo, nowhere].map(|account| account.id);

    let filter = |states: &[ApprovalState], roles: &[Role], wilayas: &[&str]| QueueFilter {
        states: states.to_vec(),
        roles: roles.to_vec(),
        wilayas: wilayas.iter().map(|code| Wilaya::parse(code).expect("valid")).collect(),
        ..QueueFilter::default()
    };
    let (pending, approved) = (ApprovalState::Pending, ApprovalState::Approved);
    for (filter, found) in [
        (filter(&[], &[], &[]), &[doctor, hospital, labo, nowhere][..]),
        (filter(&[pending], &[], &[]), &[hospital, labo, nowhere]),
        (filter(&[approved], &[], &[]), &[doctor]),
        (filter(&[pending, approved], &[], &[]), &[doctor, hospital, labo, nowhere]),
        (filter(&[ApprovalState::ChangesPending], &[], &[]), &[]),
        (filter(&[], &[Role::Labo], &[]), &[labo, nowhere]),
        (filter(&[], &[Role::Labo, Role::Doctor], &[]), &[doctor, labo, nowhere]),
        (filter(&[], &[Role::Patient], &[]), &[]),
        (filter(&[], &[], &["16"]), &[doctor, hospital]),
        (filter(&[], &[], &["31", "16"]), &[doctor, hospital, labo]),
        (filter(&[], &[], &["01"]), &[]),
        (filter(&[pending], &[Role::Hospital, Role::Labo], &["31", "01"]), &[labo]),
        (filter(&[approved], &[Role::Labo], &["31"]), &[]),
    ] {
        assert_eq!(all(store, &filter), found, "{filter:?}");
    }
}

fn claims(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let until = doctor.registered_at + TimeDelta::minutes(15);
    for (account, number) in [(&doctor, 1), (&hospital, 2)] {
        change(store, account.id, |application| {
            application.claim = Some(ApplicationClaim { by: member(number), until });
        });
    }
    let before = until - TimeDelta::microseconds(1);
    let free = |at| all(store, &QueueFilter { free_at: Some(at), ..QueueFilter::default() });
    assert_eq!(free(before), [labo.id]);
    assert_eq!(free(until), [doctor.id, hospital.id, labo.id]);
    let held_by = |number, at| {
        let claimed_by = member(number).id.map(|id| (id, at));
        all(store, &QueueFilter { claimed_by, ..QueueFilter::default() })
    };
    assert_eq!(held_by(1, before), [doctor.id]);
    assert_eq!(held_by(1, until), []);
    assert_eq!(held_by(3, before), []);
}

fn counts(store: &dyn ObservableStore) {
    let [_, doctor, ..] = insert_all(store);
    change(store, doctor.id, |application| application.state = ApprovalState::ChangesRequested);
    let count = |filter| {
        let counts = store.autocommit().expect("open").approvals().count(&filter).expect("readable");
        counts.into_iter().filter(|(_, number)| *number > 0).collect::<Vec<_>>()
    };
    assert_eq!(
        count(QueueFilter::default()),
        [(ApprovalState::Pending, 2), (ApprovalState::ChangesRequested, 1)]
    );
    let labos = QueueFilter { roles: vec![Role::Labo], ..QueueFilter::default() };
    assert_eq!(count(labos), [(ApprovalState::Pending, 1)]);
    let elsewhere =
        QueueFilter { wilayas: vec![Wilaya::parse("31").expect("valid")], ..QueueFilter::default() };
    assert_eq!(count(elsewhere), []);
}

fn events(store: &dyn ObservableStore) {
    let [_, doctor, hospital, _] = insert_all(store);
    let reason = |text: &str| Reason::parse(text).expect("valid");
    let code = || RejectionReason::parse("card_mismatch").ok();
    let facts = facts_of(&doctor);
    let fields = vec![Fact::Specialite, Fact::NumeroTel];
    let message = reason("Corrigez\nصحّح");
    let kinds = [
        ApplicationEventKind::ChangesRequested { message, fields, facts },
        ApplicationEventKind::Resubmitted,
        ApplicationEventKind::TakenOver { from: "Nadia".to_owned() },
        ApplicationEventKind::Rejected { code: code(), reason: None },
        ApplicationEventKind::Undone,
        ApplicationEventKind::Rejected { code: None, reason: Some(reason("introuvable")) },
        ApplicationEventKind::Reopened { reason: reason("une erreur") },
        ApplicationEventKind::Approved { note: Some(reason("vérifié")) },
        ApplicationEventKind::ChangesSubmitted,
        ApplicationEventKind::ChangesRefused { code: code(), reason: Some(reason("non")) },
        ApplicationEventKind::ChangesAccepted { note: None },
        ApplicationEventKind::Approved { note: None },
    ];
    let mut appended = Vec::new();
    for (days, kind) in (1..).zip(kinds) {
        let by = kind.is_decision().then(|| member(1));
        let at = doctor.registered_at + TimeDelta::days(days);
        let held = ApplicationEvent {
            effective_at: (days % 2 == 0).then(|| at + TimeDelta::seconds(30)),
            ..event(at, by, kind)
        };
        store.autocommit().expect("open").approvals().append(doctor.id, &held).expect("appended");
        appended.push(held);
        let read = store.autocommit().expect("open").approvals().events(doctor.id).expect("readable");
        assert_eq!(read, appended);
    }
    let others = store.autocommit().expect("open").approvals().events(hospital.id);
    assert_eq!(others, Ok(Vec::new()), "nothing happened to this application");
}

fn stats(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let submitted_at = doctor.registered_at;
    let append = |account: &Account, hours, by, kind| {
        let event = event(submitted_at + TimeDelta::hours(hours), Some(by), kind);
        store.autocommit().expect("open").approvals().append(account.id, &event).expect("appended");
    };
    let approved = || ApplicationEventKind::Approved { note: None };
    let rejected =
        || ApplicationEventKind::Rejected { code: RejectionReason::parse("incomplete").ok(), reason: None };
    append(&doctor, 1, member(1), approved());
    append(&doctor, 2, member(1), ApplicationEventKind::Undone);
    // 22:30 on the 23rd, and 23:30 in Algeria; an hour later it is the 24th there.
    append(&doctor, 13, member(1), rejected());
    append(&hospital, 14, member(1), approved());
    append(&labo, 20, member(2), rejected());
    change(store, doctor.id, |application| application.state = ApprovalState::Rejected);
    let stats = |filter: QueueFilter, hours| {
        let since = submitted_at + TimeDelta::hours(hours);
        store.autocommit().expect("open").approvals().stats(&filter, since).expect("readable")
    };
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).expect("a date");
    let reviewed = |date, approved, rejected| ReviewedDay { date, approved, rejected, changes_requested: 0 };
    let count = |number, decided| ReviewerCount { id: member(number).id.expect("a member"), decided };

    let figures = stats(QueueFilter::default(), 0);
    assert_eq!(figures.oldest_pending_at, Some(submitted_at));
    assert_eq!(figures.median_to_decision, Some(TimeDelta::hours(14)));
    assert_eq!(figures.days, [reviewed(day(23), 0, 1), reviewed(day(24), 1, 1)]);
    assert_eq!(figures.reviewers, [count(1, 2), count(2, 1)]);

    let figures = stats(QueueFilter::default(), 20);
    assert_eq!((figures.days.len(), figures.reviewers), (1, vec![count(2, 1)]));
    let doctors = QueueFilter { roles: vec![Role::Doctor], ..QueueFilter::default() };
    let figures = stats(doctors, 0);
    assert_eq!((figures.oldest_pending_at, figures.days), (None, vec![reviewed(day(23), 0, 1)]));
    let nothing = stats(QueueFilter::default(), 21);
    assert_eq!((nothing.median_to_decision, nothing.days), (None, Vec::new()));
}
