use chrono::TimeDelta;
use sihha_domain::Error;
use sihha_domain::account::{Account, AccountRef, Role};
use sihha_domain::approval::{Application, Approval, DeciderName, Decision, DecisionRequest, ReadHistory};
use sihha_domain::clock::Clock;
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, email};

use crate::world::{PASSWORD, World, reason, request};

fn waiting_doctor() -> (World, Account) {
    let world = World::new();
    let account = world.register("Amina@example.com", doctor()).account;
    world.clock.advance(TimeDelta::days(2));
    (world, account)
}

fn on(account: &Account) -> DecisionRequest {
    request(account.role(), &account.profile.email)
}

/// The same, but of Mourad's, a day later.
fn once_more(world: &World, account: &Account) -> DecisionRequest {
    world.clock.advance(TimeDelta::days(1));
    DecisionRequest { by: DeciderName::parse("مراد").expect("valid"), ..on(account) }
}

#[test]
fn an_approved_account_of_each_role_may_log_in() {
    let (world, [_, waiting @ ..]) = World::with_all_roles();
    for account in waiting {
        world.approve(&account);
        assert!(world.read(account.id).unwrap().is_approved());
        world.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect("let in");
    }
}

#[test]
fn an_approval_is_kept_with_who_when_and_why() {
    let (world, account) = waiting_doctor();
    let why = reason("Diplôme vérifié");
    let application = world.decide().approve(&on(&account), Some(why.clone())).unwrap();
    let decision = Decision { by: on(&account).by, at: world.clock.now(), reason: Some(why) };
    let approval = Approval::Approved(decision);
    let name = "Khalido Koulibaly".to_owned();
    let Account { id, registered_at, ref profile, .. } = account;
    let expected =
        Application { id, role: Role::Doctor, email: profile.email.clone(), name, registered_at, approval };
    assert_eq!(application, expected);
    assert_eq!(world.read(id).unwrap().approval, Some(expected.approval));
}

#[test]
fn an_approval_needs_no_reason() {
    let (world, account) = waiting_doctor();
    let application = world.decide().approve(&on(&account), None).unwrap();
    assert_eq!(application.approval.decision().unwrap().reason, None);
}

#[test]
fn a_rejection_keeps_the_account_out_and_says_why() {
    let (world, account) = waiting_doctor();
    let application = world.decide().reject(&on(&account), reason("numéro d'ordre inconnu")).unwrap();
    let decision = Decision {
        by: on(&account).by,
        at: world.clock.now(),
        reason: Some(reason("numéro d'ordre inconnu")),
    };
    assert_eq!(application.approval, Approval::Rejected(decision));
    let kept = world.read(account.id).unwrap();
    assert_eq!(kept.approval, Some(application.approval));
    assert!(!kept.is_approved());
}

#[test]
fn an_application_is_found_by_its_email_in_any_case() {
    let (world, account) = waiting_doctor();
    world.decide().approve(&request(Role::Doctor, &email("AMINA@EXAMPLE.com")), None).unwrap();
    assert!(world.read(account.id).unwrap().is_approved());
}

#[test]
fn a_decision_is_on_one_account_alone() {
    let (world, [patient, doctor, hospital, labo]) = World::with_all_roles();
    world.approve(&hospital);
    for other in [patient, doctor, labo] {
        assert_eq!(world.read(other.id).unwrap(), other);
    }
}

#[test]
fn approving_once_more_changes_nothing_even_when_reconsidered() {
    let (world, account) = waiting_doctor();
    let first = world.decide().approve(&on(&account), Some(reason("vérifié"))).unwrap();
    for reconsider in [false, true] {
        let request = DecisionRequest { reconsider, ..once_more(&world, &account) };
        let again = world.decide().approve(&request, Some(reason("another"))).unwrap();
        assert_eq!(again, first);
        assert_eq!(world.read(account.id).unwrap().approval.as_ref(), Some(&first.approval));
    }
}

#[test]
fn rejecting_once_more_changes_nothing_even_when_reconsidered() {
    let (world, account) = waiting_doctor();
    let first = world.decide().reject(&on(&account), reason("illisible")).unwrap();
    for reconsider in [false, true] {
        let request = DecisionRequest { reconsider, ..once_more(&world, &account) };
        let again = world.decide().reject(&request, reason("another")).unwrap();
        assert_eq!(again, first);
        assert_eq!(world.read(account.id).unwrap().approval.as_ref(), Some(&first.approval));
    }
}

#[test]
fn a_contrary_decision_is_refused_and_tells_the_earlier_one() {
    let (world, account) = waiting_doctor();
    let earlier = world.approve(&account).approval;
    match world.decide().reject(&once_more(&world, &account), reason("doubts")) {
        Err(Error::AlreadyDecided(told)) => assert_eq!(*told, earlier),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.read(account.id).unwrap().approval, Some(earlier));

    let (world, account) = waiting_doctor();
    let earlier = world.reject(&account).approval;
    match world.decide().approve(&once_more(&world, &account), None) {
        Err(Error::AlreadyDecided(told)) => assert_eq!(*told, earlier),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.read(account.id).unwrap().approval, Some(earlier));
}

#[test]
fn a_decision_that_is_reconsidered_takes_the_place_of_the_earlier_one() {
    let (world, account) = waiting_doctor();
    world.approve(&account);
    let reconsidered = DecisionRequest { reconsider: true, ..once_more(&world, &account) };
    let rejected = world.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    let decision = |reason| Decision { by: reconsidered.by.clone(), at: world.clock.now(), reason };
    assert_eq!(rejected, Approval::Rejected(decision(Some(reason("faux diplôme")))));
    assert_eq!(world.read(account.id).unwrap().approval, Some(rejected));

    let approved = world.decide().approve(&reconsidered, None).unwrap().approval;
    assert_eq!(approved, Approval::Approved(decision(None)));
    assert_eq!(world.read(account.id).unwrap().approval, Some(approved));
}

fn history(world: &World, account: &Account) -> Vec<Approval> {
    let read = ReadHistory { store: world.store.clone() };
    let history = read.run(&AccountRef::Id(account.id)).unwrap();
    assert_eq!(history.application.id, account.id);
    history.decisions
}

#[test]
fn every_decision_stays_in_the_history_also_those_that_were_reconsidered() {
    let (world, account) = waiting_doctor();
    assert_eq!(history(&world, &account), []);
    let first = world.approve(&account).approval;
    assert_eq!(history(&world, &account), std::slice::from_ref(&first));
    world.approve(&account);
    assert_eq!(history(&world, &account), std::slice::from_ref(&first), "the same decision again is none");

    let reconsidered = DecisionRequest { reconsider: true, ..once_more(&world, &account) };
    let second = world.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    let third = world.decide().approve(&reconsidered, None).unwrap().approval;
    assert_eq!(history(&world, &account), [first, second, third]);
}

#[test]
fn a_decision_that_the_release_before_wrote_is_in_the_history_and_is_not_lost_by_the_next_one() {
    let (world, account) = waiting_doctor();
    let first = Approval::Approved(Decision { by: on(&account).by, at: world.clock.now(), reason: None });
    world.store.autocommit().unwrap().approvals().record(account.id, &first).unwrap();
    assert_eq!(history(&world, &account), std::slice::from_ref(&first));

    let reconsidered = DecisionRequest { reconsider: true, ..once_more(&world, &account) };
    let second = world.decide().reject(&reconsidered, reason("faux diplôme")).unwrap().approval;
    assert_eq!(history(&world, &account), [first, second]);
}

#[test]
fn the_history_of_nobody_and_of_a_patient_is_unknown() {
    let (world, [patient, ..]) = World::with_all_roles();
    let read = ReadHistory { store: world.store.clone() };
    for account in [AccountRef::Id(patient.id), AccountRef::Email(email("nobody@example.com"))] {
        let outcome = read.run(&account);
        assert!(matches!(outcome, Err(Error::UnknownAccount)), "{outcome:?}");
    }
}

#[test]
fn an_application_is_decided_by_its_id_alone() {
    let (world, account) = waiting_doctor();
    let by_id = DecisionRequest { account: AccountRef::Id(account.id), role: None, ..on(&account) };
    world.decide().approve(&by_id, None).unwrap();
    assert!(world.read(account.id).unwrap().is_approved());
}

#[test]
fn a_waiting_application_may_be_decided_with_reconsider_too() {
    let (world, account) = waiting_doctor();
    world.decide().approve(&DecisionRequest { reconsider: true, ..on(&account) }, None).unwrap();
    assert!(world.read(account.id).unwrap().is_approved());
}

#[track_caller]
fn assert_unknown(world: &World, request: &DecisionRequest) {
    for outcome in [world.decide().approve(request, None), world.decide().reject(request, reason("none"))] {
        assert!(matches!(outcome, Err(Error::UnknownAccount)), "{outcome:?}");
    }
}

#[test]
fn an_email_of_nobody_is_an_unknown_account() {
    let (world, _) = World::with_all_roles();
    for role in Role::ALL {
        assert_unknown(&world, &request(role, &email("nobody@example.com")));
    }
}

#[test]
fn an_application_is_unknown_under_another_role_and_left_as_it_is() {
    let (world, account) = waiting_doctor();
    for role in [Role::Patient, Role::Hospital, Role::Labo] {
        assert_unknown(&world, &DecisionRequest { role: Some(role), ..on(&account) });
    }
    assert_eq!(world.read(account.id).unwrap(), account);
}

#[test]
fn there_is_nothing_to_decide_on_a_patient() {
    let (world, [patient, ..]) = World::with_all_roles();
    for role in Role::ALL {
        assert_unknown(&world, &DecisionRequest { role: Some(role), ..on(&patient) });
    }
    assert_eq!(world.read(patient.id).unwrap(), patient);
}
