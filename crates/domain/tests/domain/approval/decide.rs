use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef, Role};
use sihha_domain::approval::{Application, Approval, ApprovalError, Decision, DecisionRequest, ReadHistory};
use sihha_domain::clock::Clock;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, email};

use crate::context::{PASSWORD, TestContext, reason, request};

fn pending_doctor() -> (TestContext, Account) {
    let context = TestContext::new();
    let account = context.register("Amina@example.com", doctor()).account;
    context.clock.advance(TimeDelta::days(2));
    (context, account)
}

fn on(account: &Account) -> DecisionRequest {
    request(account.role(), &account.profile.email)
}

/// Returns the same request by Mourad, a day later.
fn again(context: &TestContext, account: &Account) -> DecisionRequest {
    context.clock.advance(TimeDelta::days(1));
    DecisionRequest { by: StaffName::parse("مراد").expect("valid"), ..on(account) }
}

#[test]
fn an_approved_account_of_each_role_may_log_in() {
    let (context, [_, waiting @ ..]) = TestContext::with_all_roles();
    for account in waiting {
        context.approve(&account);
        assert!(context.read(account.id).unwrap().is_approved());
        context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect("logged in");
    }
}

#[test]
fn an_approval_is_stored_with_author_time_and_reason() {
    let (context, account) = pending_doctor();
    let why = reason("Diplôme vérifié");
    let application = context.decide().approve(&on(&account), Some(why.clone())).unwrap();
    let decision = Decision { by: on(&account).by, at: context.clock.now(), reason: Some(why) };
    let approval = Approval::Approved(decision);
    let name = "Khalido Koulibaly".to_owned();
    let Account { id, registered_at, ref profile, .. } = account;
    let expected =
        Application { id, role: Role::Doctor, email: profile.email.clone(), name, registered_at, approval };
    assert_eq!(application, expected);
    assert_eq!(context.read(id).unwrap().approval, Some(expected.approval));
}

#[test]
fn an_approval_needs_no_reason() {
    let (context, account) = pending_doctor();
    let application = context.decide().approve(&on(&account), None).unwrap();
    assert_eq!(application.approval.decision().unwrap().reason, None);
}

#[test]
fn a_rejected_account_cannot_log_in_and_the_reason_is_stored() {
    let (context, account) = pending_doctor();
    let application = context.decide().reject(&on(&account), reason("numéro d'ordre inconnu")).unwrap();
    let decision = Decision {
        by: on(&account).by,
        at: context.clock.now(),
        reason: Some(reason("numéro d'ordre inconnu")),
    };
    assert_eq!(application.approval, Approval::Rejected(decision));
    let kept = context.read(account.id).unwrap();
    assert_eq!(kept.approval, Some(application.approval));
    assert!(!kept.is_approved());
}

#[test]
fn an_application_is_found_by_its_email_regardless_of_case() {
    let (context, account) = pending_doctor();
    context.decide().approve(&request(Role::Doctor, &email("AMINA@EXAMPLE.com")), None).unwrap();
    assert!(context.read(account.id).unwrap().is_approved());
}

#[test]
fn a_decision_affects_only_one_account() {
    let (context, [patient, doctor, hospital, labo]) = TestContext::with_all_roles();
    context.approve(&hospital);
    for other in [patient, doctor, labo] {
        assert_eq!(context.read(other.id).unwrap(), other);
    }
}

#[test]
fn a_repeated_approval_changes_nothing_even_with_reconsider() {
    let (context, account) = pending_doctor();
    let first = context.decide().approve(&on(&account), Some(reason("vérifié"))).unwrap();
    for reconsider in [false, true] {
        let request = DecisionRequest { reconsider, ..again(&context, &account) };
        let again = context.decide().approve(&request, Some(reason("another"))).unwrap();
        assert_eq!(again, first);
        assert_eq!(context.read(account.id).unwrap().approval.as_ref(), Some(&first.approval));
    }
}

#[test]
fn a_repeated_rejection_changes_nothing_even_with_reconsider() {
    let (context, account) = pending_doctor();
    let first = context.decide().reject(&on(&account), reason("illisible")).unwrap();
    for reconsider in [false, true] {
        let request = DecisionRequest { reconsider, ..again(&context, &account) };
        let again = context.decide().reject(&request, reason("another")).unwrap();
        assert_eq!(again, first);
        assert_eq!(context.read(account.id).unwrap().approval.as_ref(), Some(&first.approval));
    }
}

#[test]
fn a_contrary_decision_is_refused_and_the_error_has_the_earlier_one() {
    let (context, account) = pending_doctor();
    let earlier = context.approve(&account).approval;
    match context.decide().reject(&again(&context, &account), reason("doubts")) {
        Err(ApprovalError::AlreadyDecided(reported)) => assert_eq!(*reported, earlier),
        other => panic!("{other:?}"),
    }
    assert_eq!(context.read(account.id).unwrap().approval, Some(earlier));

    let (context, account) = pending_doctor();
    let earlier = context.reject(&account).approval;
    match context.decide().approve(&again(&context, &account), None) {
        Err(ApprovalError::AlreadyDecided(reported)) => assert_eq!(*reported, earlier),
        other => panic!("{other:?}"),
    }
    assert_eq!(context.read(account.id).unwrap().approval, Some(earlier));
}

#[test]
fn a_reconsidered_decision_replaces_the_earlier_one() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    let reconsidered = DecisionRequest { reconsider: true, ..again(&context, &account) };
    let rejected = context.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    let decision = |reason| Decision { by: reconsidered.by.clone(), at: context.clock.now(), reason };
    assert_eq!(rejected, Approval::Rejected(decision(Some(reason("faux diplôme")))));
    assert_eq!(context.read(account.id).unwrap().approval, Some(rejected));

    let approved = context.decide().approve(&reconsidered, None).unwrap().approval;
    assert_eq!(approved, Approval::Approved(decision(None)));
    assert_eq!(context.read(account.id).unwrap().approval, Some(approved));
}

fn history(context: &TestContext, account: &Account) -> Vec<Approval> {
    let read = ReadHistory { store: context.store.clone() };
    read.run(&AccountRef::Id(account.id)).unwrap()
}

#[test]
fn the_history_keeps_every_decision_including_reconsidered_ones() {
    let (context, account) = pending_doctor();
    assert_eq!(history(&context, &account), []);
    let first = context.approve(&account).approval;
    assert_eq!(history(&context, &account), std::slice::from_ref(&first));
    context.approve(&account);
    assert_eq!(
        history(&context, &account),
        std::slice::from_ref(&first),
        "a repeated decision is not recorded"
    );

    let reconsidered = DecisionRequest { reconsider: true, ..again(&context, &account) };
    let second = context.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    let third = context.decide().approve(&reconsidered, None).unwrap().approval;
    assert_eq!(history(&context, &account), [first, second, third]);
}

#[test]
fn a_decision_of_the_previous_release_is_in_the_history_and_the_next_decision_keeps_it() {
    let (context, account) = pending_doctor();
    let first = Approval::Approved(Decision { by: on(&account).by, at: context.clock.now(), reason: None });
    context.store.autocommit().unwrap().approvals().record(account.id, &first).unwrap();
    assert_eq!(history(&context, &account), std::slice::from_ref(&first));

    let reconsidered = DecisionRequest { reconsider: true, ..again(&context, &account) };
    let second = context.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    assert_eq!(history(&context, &account), [first, second]);
}

#[test]
fn an_unknown_account_and_a_patient_have_no_history() {
    let (context, [patient, ..]) = TestContext::with_all_roles();
    let read = ReadHistory { store: context.store.clone() };
    for account in [AccountRef::Id(patient.id), AccountRef::Email(email("nobody@example.com"))] {
        let outcome = read.run(&account);
        assert!(matches!(outcome, Err(ApprovalError::UnknownApplication)), "{outcome:?}");
    }
}

#[test]
fn an_application_can_be_decided_by_its_id() {
    let (context, account) = pending_doctor();
    let by_id = DecisionRequest { account: AccountRef::Id(account.id), role: None, ..on(&account) };
    context.decide().approve(&by_id, None).unwrap();
    assert!(context.read(account.id).unwrap().is_approved());
}

#[test]
fn a_pending_application_may_be_decided_with_reconsider() {
    let (context, account) = pending_doctor();
    context.decide().approve(&DecisionRequest { reconsider: true, ..on(&account) }, None).unwrap();
    assert!(context.read(account.id).unwrap().is_approved());
}

#[track_caller]
fn assert_unknown(context: &TestContext, request: &DecisionRequest) {
    for outcome in [context.decide().approve(request, None), context.decide().reject(request, reason("none"))]
    {
        assert!(matches!(outcome, Err(ApprovalError::UnknownApplication)), "{outcome:?}");
    }
}

#[test]
fn an_unknown_email_is_an_unknown_account() {
    let (context, _) = TestContext::with_all_roles();
    for role in Role::ALL {
        assert_unknown(&context, &request(role, &email("nobody@example.com")));
    }
}

#[test]
fn a_decision_for_another_role_is_refused_and_changes_nothing() {
    let (context, account) = pending_doctor();
    for role in [Role::Patient, Role::Hospital, Role::Labo] {
        assert_unknown(&context, &DecisionRequest { role: Some(role), ..on(&account) });
    }
    assert_eq!(context.read(account.id).unwrap(), account);
}

#[test]
fn a_patient_has_no_application() {
    let (context, [patient, ..]) = TestContext::with_all_roles();
    for role in Role::ALL {
        assert_unknown(&context, &DecisionRequest { role: Some(role), ..on(&patient) });
    }
    assert_eq!(context.read(patient.id).unwrap(), patient);
}
