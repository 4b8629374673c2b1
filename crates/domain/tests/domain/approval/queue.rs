use chrono::TimeDelta;
use sihha_domain::account::{Account, Role};
use sihha_domain::approval::{Application, ApprovalState, QueueCursor, QueueFilter};
use sihha_domain::ids::ProfileId;
use sihha_domain::place::{Place, Wilaya};
use sihha_domain::staff::{Scope, StaffCaller};
use sihha_domain::testing::{hospital, labo};

use crate::context::{TestContext, admin, registration, reviewer};

fn page(context: &TestContext, caller: &StaffCaller, filter: &QueueFilter) -> Vec<ProfileId> {
    let page = context.use_cases().read_queue.page(caller, filter, None, 100).unwrap();
    page.into_iter().map(|application| application.account.id).collect()
}

fn of_roles(roles: &[Role]) -> QueueFilter {
    QueueFilter { roles: roles.to_vec(), ..QueueFilter::default() }
}

fn in_wilayas(codes: &[&str]) -> Vec<Wilaya> {
    codes.iter().map(|code| Wilaya::parse(code).unwrap()).collect()
}

/// Returns a reviewer of that scope.
fn scoped(wilayas: &[&str], applicant_roles: &[Role]) -> StaffCaller {
    let scope = Scope { wilayas: in_wilayas(wilayas), applicant_roles: applicant_roles.to_vec() };
    StaffCaller { scope, ..reviewer(2, "Nadia") }
}

#[test]
fn the_queue_is_empty_without_applications() {
    let context = TestContext::new();
    context.register("patient@example.com", sihha_domain::testing::patient());
    assert_eq!(page(&context, &admin(), &QueueFilter::default()), []);
    assert!(context.use_cases().read_queue.counts(&admin(), &QueueFilter::default()).unwrap().is_empty());
}

#[test]
fn pages_have_each_application_once_the_oldest_submission_first() {
    let context = TestContext::new();
    let [third, first, second] = [("c", 0), ("a", -3), ("b", 1)].map(|(name, days)| {
        context.clock.advance(TimeDelta::days(days));
        context.register(&format!("{name}@example.com"), labo()).account.id
    });
    let (queue, mut after, mut ids) = (context.use_cases().read_queue, None, Vec::new());
    loop {
        let page: Vec<Application> = queue.page(&admin(), &QueueFilter::default(), after, 1).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(QueueCursor::after(last));
        ids.push(last.account.id);
    }
    assert_eq!(ids, [first, second, third]);
}

fn with_labo_in_oran() -> (TestContext, [Account; 3], Account) {
    let (context, [_, accounts @ ..]) = TestContext::with_all_roles();
    let mut registration = registration("oran@example.com", labo());
    registration.profile.place = Place::new(Wilaya::parse("31").ok(), None).unwrap();
    let oran = context.try_register(registration).unwrap().account;
    (context, accounts, oran)
}

#[test]
fn a_reviewer_sees_the_applications_in_scope() {
    let (context, [doctor, hospital, labo], oran) = with_labo_in_oran();
    let ids = |accounts: &[&Account]| accounts.iter().map(|account| account.id).collect::<Vec<_>>();
    let all = QueueFilter::default();
    for (caller, seen) in [
        (admin(), ids(&[&doctor, &hospital, &labo, &oran])),
        (scoped(&[], &[]), ids(&[&doctor, &hospital, &labo, &oran])),
        (scoped(&["31"], &[]), ids(&[&oran])),
        (scoped(&["31", "16"], &[Role::Labo]), ids(&[&labo, &oran])),
        (scoped(&["58"], &[]), ids(&[])),
    ] {
        assert_eq!(page(&context, &caller, &all), seen, "{caller:?}");
        let counts = context.use_cases().read_queue.counts(&caller, &all).unwrap();
        assert_eq!(counts.get(&ApprovalState::Pending).copied().unwrap_or_default(), seen.len() as u64);
    }
}

#[test]
fn a_filter_is_restricted_to_the_scope() {
    let (context, [_, _, labo], oran) = with_labo_in_oran();
    let labos = scoped(&[], &[Role::Labo, Role::Doctor]);
    assert_eq!(page(&context, &labos, &of_roles(&[Role::Labo, Role::Hospital])), [labo.id, oran.id]);
    assert_eq!(page(&context, &labos, &of_roles(&[Role::Hospital])), []);
    let of_oran = scoped(&["31"], &[]);
    let elsewhere = QueueFilter { wilayas: in_wilayas(&["16"]), ..QueueFilter::default() };
    assert_eq!(page(&context, &of_oran, &elsewhere), []);
    assert!(context.use_cases().read_queue.counts(&of_oran, &elsewhere).unwrap().is_empty());
    let stats = context.use_cases().read_queue.stats(&of_oran, &elsewhere, oran.registered_at).unwrap();
    assert_eq!(stats.oldest_pending_at, None);
}

#[test]
fn an_application_without_a_wilaya_is_seen_without_a_scope_of_wilayas() {
    let context = TestContext::new();
    let mut registration = registration("nowhere@example.com", hospital());
    registration.profile.place = None;
    let id = context.try_register(registration).unwrap().account.id;
    let all = QueueFilter::default();
    assert_eq!(page(&context, &scoped(&[], &[Role::Hospital]), &all), [id]);
    assert_eq!(page(&context, &scoped(&["16"], &[]), &all), []);
}

#[test]
fn figures_are_of_decisions() {
    let (context, [doctor, hospital, _], oran) = with_labo_in_oran();
    context.clock.advance(TimeDelta::hours(2));
    context.approve(&doctor);
    context.reject(&hospital);
    let queue = context.use_cases().read_queue;
    let stats = queue.stats(&admin(), &QueueFilter::default(), doctor.registered_at).unwrap();
    assert_eq!(stats.median_to_decision, Some(TimeDelta::hours(2)));
    assert_eq!((stats.days.len(), stats.days[0].approved, stats.days[0].rejected), (1, 1, 1));
    assert_eq!((stats.reviewers.len(), stats.reviewers[0].decided), (1, 2));
    let stats = queue.stats(&scoped(&["31"], &[]), &QueueFilter::default(), doctor.registered_at).unwrap();
    assert_eq!((stats.oldest_pending_at, stats.days), (Some(oran.registered_at), Vec::new()));
}

#[test]
fn a_state_is_read_only_from_its_exact_name() {
    let words = ["pending", "changes_requested", "approved", "rejected", "changes_pending"];
    for (word, state) in words.into_iter().zip(ApprovalState::ALL.iter().copied()) {
        assert_eq!((state.as_str(), ApprovalState::parse(word)), (word, Some(state)));
    }
    for other in ["", "Pending", "approved ", "waiting"] {
        assert_eq!(ApprovalState::parse(other), None, "{other}");
    }
}
