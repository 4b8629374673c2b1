use sihha_domain::account::{
    Account, AccountError, Address, BloodType, ChangeOutcome, PersonName, Registered, RoleDetails,
    UniqueField,
};
use sihha_domain::approval::DecisionKind;
use sihha_domain::identifier::{IdentifierSystem, Identifiers};
use sihha_domain::session::TokenError;
use sihha_domain::testing::{doctor, hospital, patient};

use crate::context::{TestContext, reason};

fn change(
    context: &TestContext,
    caller: &Registered,
    read: &Account,
    wanted: &Account,
) -> Result<ChangeOutcome, AccountError> {
    let caller = context.authenticate(caller.tokens.access.expose())?;
    context.use_cases().change_account.run(&caller, read, wanted)
}

/// Returns `account` without its address and its identifiers, and with another blood type.
fn changed(account: &Account) -> Account {
    let mut changed = account.clone();
    changed.profile.identifiers = Identifiers::default();
    (changed.profile.address, changed.profile.blood_type) = (None, BloodType::parse("A-").ok());
    changed
}

#[test]
fn the_profile_and_the_role_details_are_written() {
    let context = TestContext::new();
    let registered = context.register("doctor@example.com", doctor());
    let mut wanted = changed(&registered.account);
    let RoleDetails::Doctor(doctor) = &mut wanted.details else { panic!("not a doctor") };
    doctor.last_name = PersonName::parse("Haddad").expect("valid");
    doctor.address = Address::parse("وهران").ok();

    let outcome = change(&context, &registered, &registered.account, &wanted).unwrap();
    assert_eq!(outcome, ChangeOutcome::Changed(wanted.clone()));
    assert_eq!(context.read(wanted.id).unwrap(), wanted);
}

#[test]
fn an_account_that_changed_since_it_was_read_is_returned_and_not_written() {
    let context = TestContext::new();
    let registered = context.register("doctor@example.com", doctor());
    let asked = DecisionKind::RequestChanges { message: reason("Corrigez"), fields: Vec::new() };
    let asked = context.decide_on(&registered.account, &asked).unwrap().account;

    let wanted = changed(&registered.account);
    let outcome = change(&context, &registered, &registered.account, &wanted).unwrap();
    assert_eq!(outcome, ChangeOutcome::Outdated(asked.clone()));
    assert_eq!(context.read(asked.id).unwrap(), asked);

    let outcome = change(&context, &registered, &asked, &changed(&asked)).unwrap();
    assert_eq!(outcome, ChangeOutcome::Changed(changed(&asked)));
}

#[test]
fn only_the_callers_account_is_written() {
    let context = TestContext::new();
    let caller = context.register("patient@example.com", patient());
    let other = context.register("other@example.com", patient()).account;

    let outcome = change(&context, &caller, &other, &changed(&other)).unwrap();
    assert_eq!(outcome, ChangeOutcome::Outdated(caller.account.clone()));
    let outcome = change(&context, &caller, &caller.account, &changed(&other)).unwrap();
    assert_eq!(
        outcome,
        ChangeOutcome::Changed(changed(&caller.account)),
        "the e-mail and the card number stay"
    );
    assert_eq!(context.read(caller.account.id).unwrap(), changed(&caller.account));
    assert_eq!(context.read(other.id).unwrap(), other);
}

#[test]
fn a_token_of_an_ended_session_changes_nothing() {
    let context = TestContext::new();
    let registered = context.register("patient@example.com", patient());
    context.log_out(registered.tokens.refresh.expose());
    let outcome = change(&context, &registered, &registered.account, &changed(&registered.account));
    assert!(matches!(outcome, Err(AccountError::Token(TokenError::SessionEnded))), "{outcome:?}");
    assert_eq!(context.read(registered.account.id).unwrap(), registered.account);
}

#[test]
fn an_identifier_of_another_account_is_taken_and_one_that_was_removed_is_free() {
    let context = TestContext::new();
    let first = context.register("first@example.com", doctor());
    let second = context.register("second@example.com", hospital());
    let mut wanted = second.account.clone();
    wanted.profile.identifiers = first.account.profile.identifiers.clone();
    let taken = UniqueField::Identifier(IdentifierSystem::Other);
    let outcome = change(&context, &second, &second.account, &wanted);
    assert!(matches!(outcome, Err(AccountError::Taken(field)) if field == taken), "{outcome:?}");
    assert_eq!(context.read(second.account.id).unwrap(), second.account);

    let mut without = first.account.clone();
    without.profile.identifiers = Identifiers::default();
    assert_eq!(
        change(&context, &first, &first.account, &without).unwrap(),
        ChangeOutcome::Changed(without.clone())
    );
    let outcome = change(&context, &second, &second.account, &wanted).unwrap();
    assert_eq!(outcome, ChangeOutcome::Changed(wanted));
}
