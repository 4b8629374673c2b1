use chrono::TimeDelta;
use sihha_domain::account::Role;
use sihha_domain::approval::{ApplicationFilter, Applications, Approval, ApprovalState};
use sihha_domain::ids::ProfileId;
use sihha_domain::testing::{doctor, hospital, labo};

use crate::context::TestContext;

const ALL: ApplicationFilter = ApplicationFilter { role: None, state: None, limit: 100 };

fn ids(applications: &Applications) -> Vec<ProfileId> {
    applications.listed.iter().map(|application| application.id).collect()
}

#[test]
fn the_list_is_empty_without_accounts() {
    assert_eq!(TestContext::new().list(ALL), Applications { listed: vec![], total: 0 });
}

#[test]
fn every_role_except_patient_is_listed_with_the_facts_that_staff_need() {
    let (context, [_, doctor, hospital, labo]) = TestContext::with_all_roles();
    let Applications { listed, total } = context.list(ALL);
    assert_eq!(total, 3);
    let names = ["Khalido Koulibaly", "مستشفى باب الوادي", "Fatma Zohra Laboratoire"];
    for ((application, account), name) in listed.iter().zip([doctor, hospital, labo]).zip(names) {
        assert_eq!((application.id, application.role), (account.id, account.role()));
        assert_eq!((&application.email, application.name.as_str()), (&account.profile.email, name));
        assert_eq!(application.registered_at, account.registered_at);
        assert_eq!(application.approval, Approval::Pending);
    }
    assert_eq!(listed.len(), 3);
}

#[test]
fn the_oldest_applications_come_first() {
    let context = TestContext::new();
    let [third, first, second] = [("c", 0), ("a", -3), ("b", 1)].map(|(name, days)| {
        context.clock.advance(TimeDelta::days(days));
        context.register(&format!("{name}@example.com"), labo()).account.id
    });
    assert_eq!(ids(&context.list(ALL)), [first, second, third]);
}

#[test]
fn a_filter_by_role_lists_only_that_role() {
    let (context, [_, doctor, hospital, labo]) = TestContext::with_all_roles();
    for account in [doctor, hospital, labo] {
        let applications = context.list(ApplicationFilter { role: Some(account.role()), ..ALL });
        assert_eq!((ids(&applications), applications.total), (vec![account.id], 1));
    }
    let patients = context.list(ApplicationFilter { role: Some(Role::Patient), ..ALL });
    assert_eq!(patients, Applications { listed: vec![], total: 0 });
}

#[test]
fn a_filter_by_state_lists_only_that_state() {
    let (context, [_, doctor, hospital, labo]) = TestContext::with_all_roles();
    context.approve(&doctor);
    context.reject(&labo);
    let of_state = |state| ids(&context.list(ApplicationFilter { state: Some(state), ..ALL }));
    assert_eq!(of_state(ApprovalState::Pending), [hospital.id]);
    assert_eq!(of_state(ApprovalState::Approved), [doctor.id]);
    assert_eq!(of_state(ApprovalState::Rejected), [labo.id]);
    assert_eq!(ids(&context.list(ALL)), [doctor.id, hospital.id, labo.id]);
}

#[test]
fn filters_by_role_and_state_are_combined() {
    let (context, [_, doctor, hospital, _]) = TestContext::with_all_roles();
    context.approve(&doctor);
    let listed =
        |role, state| ids(&context.list(ApplicationFilter { role: Some(role), state: Some(state), ..ALL }));
    assert_eq!(listed(Role::Doctor, ApprovalState::Approved), [doctor.id]);
    assert_eq!(listed(Role::Doctor, ApprovalState::Pending), []);
    assert_eq!(listed(Role::Hospital, ApprovalState::Pending), [hospital.id]);
}

#[test]
fn the_limit_applies_to_the_list_but_not_to_the_total() {
    let context = TestContext::new();
    let doctors =
        [1, 2, 3].map(|number| context.register(&format!("doctor{number}@example.com"), doctor()).account.id);
    context.register("hospital@example.com", hospital());
    for limit in 0..=4_u32 {
        let applications = context.list(ApplicationFilter { role: Some(Role::Doctor), limit, ..ALL });
        let within = &doctors[..doctors.len().min(limit as usize)];
        assert_eq!((ids(&applications).as_slice(), applications.total), (within, 3), "{limit}");
    }
}

#[test]
fn a_state_is_read_only_from_its_exact_name() {
    for (word, state) in
        ["pending", "approved", "rejected"].into_iter().zip(ApprovalState::ALL.iter().copied())
    {
        assert_eq!((state.as_str(), ApprovalState::parse(word)), (word, Some(state)));
    }
    for other in ["", "Pending", "approved ", "waiting"] {
        assert_eq!(ApprovalState::parse(other), None, "{other}");
    }
}
