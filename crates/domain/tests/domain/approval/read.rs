use sihha_domain::account::{AccountRef, Fact, FactValue, Role, RoleDetails, Specialite};
use sihha_domain::approval::{ApplicationDetails, ApprovalError, DecisionKind, FactChange};
use sihha_domain::clock::Clock;
use sihha_domain::search::DuplicateReason;
use sihha_domain::staff::{Scope, StaffCaller};
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, email};

use super::{application, pending_doctor};
use crate::context::{TestContext, admin, reason, registration, reviewer};

fn read(
    context: &TestContext,
    caller: &StaffCaller,
    account: &AccountRef,
) -> Result<ApplicationDetails, ApprovalError> {
    context.use_cases().read_application.run(caller, account)
}

#[test]
fn an_application_is_read_with_its_history() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    let details = read(&context, &admin(), &AccountRef::Email(email("AMINA@example.com"))).unwrap();
    assert_eq!(details.application, application(&context, &account));
    assert_eq!((details.events.len(), details.changes.len(), details.duplicates.len()), (1, 0, 0));
}

#[test]
fn an_application_outside_of_the_scope_is_unknown() {
    let (context, [patient, doctor, ..]) = TestContext::with_all_roles();
    let scope = Scope { applicant_roles: vec![Role::Labo], ..Scope::default() };
    let outside = StaffCaller { scope, ..reviewer(2, "Nadia") };
    for (caller, account) in [
        (outside.clone(), AccountRef::Id(doctor.id)),
        (reviewer(2, "Nadia"), AccountRef::Id(patient.id)),
        (admin(), AccountRef::Id(patient.id)),
        (admin(), AccountRef::Email(email("nobody@example.com"))),
    ] {
        assert_eq!(read(&context, &caller, &account), Err(ApprovalError::UnknownApplication));
    }
    let request = crate::context::request(&outside, &doctor);
    let use_cases = context.use_cases();
    let unknown = Err(ApprovalError::UnknownApplication);
    assert_eq!(use_cases.claim.run(&request, true), unknown);
    assert_eq!(use_cases.claim.release(&request), unknown);
    assert_eq!(use_cases.decide.undo(&request), unknown);
    assert_eq!(
        use_cases.decide.run(&request, &crate::context::approval(), chrono::TimeDelta::zero()),
        unknown
    );
}

#[test]
fn corrected_and_requested_facts_are_shown_with_their_old_values() {
    let (context, account) = pending_doctor();
    let fields = vec![Fact::CarteId, Fact::Specialite];
    let request = DecisionKind::RequestChanges { message: reason("Corrigez"), fields };
    context.decide_on(&account, &request).unwrap();
    let mut corrected = application(&context, &account).account;
    let RoleDetails::Doctor(details) = &mut corrected.details else { unreachable!() };
    details.specialite = Specialite::parse("Neurologie").unwrap();
    details.is_privee = false;
    let mut repositories = context.store.autocommit().unwrap();
    repositories.accounts().update(&account, &corrected, context.clock.now()).unwrap();
    drop(repositories);

    let details = read(&context, &admin(), &AccountRef::Id(account.id)).unwrap();
    let text = |text: &str| Some(FactValue::Text(text.to_owned()));
    let card = Some(FactValue::Text(account.profile.carte_id.as_str().to_owned()));
    let change = |fact, old, new, is_requested| FactChange { fact, old, new, is_requested };
    let (old, new) = (text("CARDIOLOGIE"), text("NEUROLOGIE"));
    let (was, is) = (Some(FactValue::Flag(true)), Some(FactValue::Flag(false)));
    assert_eq!(
        details.changes,
        [
            change(Fact::Specialite, old, new, true),
            change(Fact::CarteId, card.clone(), card, true),
            change(Fact::IsPrivee, was, is, false),
        ]
    );
    context.approve(&account);
    assert_eq!(read(&context, &admin(), &AccountRef::Id(account.id)).unwrap().changes, []);
}

#[test]
fn possible_duplicates_are_shown_with_the_facts_that_agree_and_are_counted() {
    let context = TestContext::new();
    let first = context.register("first@example.com", doctor()).account;
    let mut second = registration("second@example.com", doctor());
    second.profile.gender = None;
    let second = context.try_register(second).unwrap().account;
    let count = context.use_cases().count_duplicates;
    assert_eq!([count.batch(), count.batch()], [Ok(2), Ok(0)]);
    assert_eq!(application(&context, &first).possible_duplicates, Some(1));

    let scope = Scope { applicant_roles: vec![Role::Doctor], ..Scope::default() };
    let nadia = StaffCaller { scope, ..reviewer(2, "Nadia") };
    let details = read(&context, &nadia, &AccountRef::Id(first.id)).unwrap();
    let [found] = details.duplicates.try_into().expect("one duplicate");
    assert_eq!((found.duplicate.found.account.id, found.is_visible), (second.id, true));
    let reasons = [DuplicateReason::Telephone, DuplicateReason::NameAndBirthDate];
    assert_eq!(found.duplicate.reasons, reasons);
    for (fact, agrees) in [
        (Fact::LastName, true),
        (Fact::NumeroTel, true),
        (Fact::CarteId, false),
        (Fact::Gender, false),
        (Fact::Name, false),
    ] {
        assert_eq!(found.agreeing.contains(&fact), agrees, "{fact:?}");
    }
}
