//! Changes to vetted facts by the owner of an approved account.

use chrono::TimeDelta;
use sihha_domain::account::{
    Account, AccountError, AccountRef, Address, ChangeOutcome, PendingChanges, Registered, RoleDetails,
    Specialite, UniqueField,
};
use sihha_domain::approval::{Application, ApplicationEventKind, ApprovalState, DecisionKind};
use sihha_domain::clock::Clock;
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use sihha_domain::store::Store;
use sihha_domain::testing::{doctor, hospital};

use crate::context::{TestContext, admin, approval, reason, request};

/// Returns an approved doctor, as its owner reads it.
fn approved(context: &TestContext, email: &str) -> (Registered, Account) {
    let registered = context.register(email, doctor());
    let account = context.approve(&registered.account).account;
    (registered, account)
}

fn change(context: &TestContext, owner: &Registered, wanted: &Account) -> Result<Account, AccountError> {
    let caller = context.authenticate(owner.tokens.access.expose())?;
    let read = context.read(owner.account.id).unwrap();
    match context.use_cases().change_account.run(&caller, &read, wanted)? {
        ChangeOutcome::Changed(account) => {
            assert_eq!(context.read(account.id).as_ref(), Some(&account));
            Ok(account)
        }
        ChangeOutcome::Outdated(account) => panic!("outdated: {account:?}"),
    }
}

fn with_specialite(account: &Account, specialite: &str) -> Account {
    let mut wanted = account.clone();
    let RoleDetails::Doctor(doctor) = &mut wanted.details else { panic!("not a doctor") };
    doctor.specialite = Specialite::parse(specialite).unwrap();
    wanted
}

fn with_identifier(account: &Account, value: &str) -> Account {
    let mut wanted = account.clone();
    let identifier = Identifier::on_record(IdentifierSystem::Cnom, value.to_owned());
    wanted.profile.identifiers = Identifiers::on_record([identifier]);
    wanted
}

fn application(context: &TestContext, account: &Account) -> Application {
    let mut store = context.store.autocommit().unwrap();
    store.approvals().find(&AccountRef::Id(account.id)).unwrap().unwrap()
}

fn submissions(context: &TestContext, account: &Account) -> usize {
    let events = context.store.autocommit().unwrap().approvals().events(account.id).unwrap();
    events.iter().filter(|event| event.kind == ApplicationEventKind::ChangesSubmitted).count()
}

#[test]
fn vetted_facts_wait_and_the_others_are_written() {
    let context = TestContext::new();
    let (owner, vetted) = approved(&context, "doctor@example.com");
    context.clock.advance(TimeDelta::minutes(1));
    let mut wanted = with_specialite(&vetted, "PEDIATRIE");
    wanted.profile.address = Address::parse("Oran").ok();
    let changed = change(&context, &owner, &wanted).unwrap();

    let (now, pending_changes) = (context.clock.now(), PendingChanges::between(&vetted, &wanted));
    let mut expected = Account { pending_changes, submitted_at: now, ..vetted.clone() };
    expected.profile.address = Address::parse("Oran").ok();
    assert_eq!(changed, expected);
    assert_eq!(
        (changed.approval_state(), changed.approval_since()),
        (Some(ApprovalState::ChangesPending), now)
    );
    assert_eq!(changed.wanted().details, wanted.details);
    let application = application(&context, &vetted);
    assert_eq!((application.state, application.submitted_at), (ApprovalState::ChangesPending, now));
    assert_eq!(submissions(&context, &vetted), 1);
}

#[test]
fn a_later_change_keeps_the_time_of_the_first_and_the_vetted_values_withdraw_both() {
    let context = TestContext::new();
    let (owner, vetted) = approved(&context, "doctor@example.com");
    let first = change(&context, &owner, &with_specialite(&vetted, "PEDIATRIE")).unwrap();
    context.clock.advance(TimeDelta::minutes(1));
    let second = change(&context, &owner, &with_identifier(&first.wanted(), "16/1")).unwrap();
    assert_eq!(second.submitted_at, first.submitted_at);
    assert_eq!(second.pending_changes.as_ref().unwrap().iter().count(), 2);
    assert_eq!(submissions(&context, &vetted), 2);
    let same = change(&context, &owner, &second.wanted()).unwrap();
    assert_eq!((same, submissions(&context, &vetted)), (second.clone(), 2));

    let withdrawn = change(&context, &owner, &vetted).unwrap();
    assert_eq!(withdrawn.pending_changes, None);
    assert_eq!(application(&context, &vetted).state, ApprovalState::Approved);
}

#[test]
fn a_wanted_identifier_is_claimed_until_it_is_withdrawn() {
    let context = TestContext::new();
    let (owner, vetted) = approved(&context, "doctor@example.com");
    let (other, of_other) = approved(&context, "other@example.com");
    change(&context, &owner, &with_identifier(&vetted, "16/1")).unwrap();
    let outcome = change(&context, &other, &with_identifier(&of_other, "16-1"));
    let taken = UniqueField::Identifier(IdentifierSystem::Cnom);
    assert!(matches!(&outcome, Err(AccountError::Taken(field)) if *field == taken), "{outcome:?}");
    assert_eq!(application(&context, &of_other).state, ApprovalState::Approved, "nothing was changed");
    change(&context, &owner, &vetted).unwrap();
    change(&context, &other, &with_identifier(&of_other, "16-1")).unwrap();
}

#[test]
fn changes_that_staff_decide_meanwhile_are_submitted_again() {
    let context = TestContext::new();
    let (owner, vetted) = approved(&context, "doctor@example.com");
    change(&context, &owner, &with_specialite(&vetted, "PEDIATRIE")).unwrap();
    let hold = TimeDelta::seconds(30);
    context.decide().run(&request(&admin(), &vetted), &approval(), hold).unwrap();
    let changed = change(&context, &owner, &with_specialite(&vetted, "NEUROLOGIE")).unwrap();
    let application = application(&context, &vetted);
    assert_eq!((application.state, application.effective_at), (ApprovalState::ChangesPending, None));
    context.clock.advance(hold);
    assert_eq!(context.use_cases().settle_decisions.batch(), Ok(0), "the held decision is undone");
    assert_eq!(context.read(vetted.id), Some(changed));
}

#[test]
fn accounts_that_staff_have_not_approved_change_directly() {
    let context = TestContext::new();
    let owner = context.register("hospital@example.com", hospital());
    let changed = change(&context, &owner, &with_identifier(&owner.account, "16/1")).unwrap();
    assert_eq!(changed, with_identifier(&owner.account, "16/1"));
    let asked = DecisionKind::RequestChanges { message: reason("Corrigez"), fields: Vec::new() };
    context.decide_on(&owner.account, &asked).unwrap();
    let read = context.read(owner.account.id).unwrap();
    let changed = change(&context, &owner, &with_identifier(&read, "16/2")).unwrap();
    assert_eq!(changed, with_identifier(&read, "16/2"));
}
