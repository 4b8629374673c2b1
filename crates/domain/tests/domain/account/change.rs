use sihha_domain::account::{
    AccountChange, AccountError, Address, Change, ChangeAccount, HolderChange, OrganisationName, PersonName,
    ProfileChange, Registered, RoleDetails,
};
use sihha_domain::session::TokenError;
use sihha_domain::testing::{doctor, patient};
use sihha_domain::{FieldError, FieldErrors};

use crate::context::TestContext;

fn name(text: &str) -> PersonName {
    PersonName::parse(text).expect("valid")
}

fn change(
    context: &TestContext,
    of: &Registered,
    change: &Result<AccountChange, FieldErrors>,
) -> Result<sihha_domain::account::Account, AccountError> {
    let caller = context.authenticate(of.tokens.access.expose())?;
    let change_account = ChangeAccount { store: context.store.clone(), clock: context.clock.clone() };
    change_account.run(&caller, |account| {
        assert_eq!(account.id, of.account.id);
        change.clone()
    })
}

#[test]
fn a_change_replaces_the_given_fields_and_keeps_the_others() {
    let context = TestContext::new();
    let registered = context.register("doctor@example.com", doctor());
    let wanted = AccountChange {
        profile: ProfileChange { address: Change::Set(None), ..ProfileChange::default() },
        details: HolderChange {
            last_name: Change::Set(name("Haddad")),
            doctor_address: Change::Set(Address::parse("وهران").ok()),
            ..HolderChange::default()
        },
    };
    let changed = change(&context, &registered, &Ok(wanted)).unwrap();

    let mut expected = registered.account;
    expected.profile.address = None;
    let RoleDetails::Doctor(doctor) = &mut expected.details else { panic!("no doctor") };
    (doctor.last_name, doctor.address) = (name("Haddad"), Address::parse("وهران").ok());
    assert_eq!(changed, expected);
    assert_eq!(context.read(expected.id).unwrap(), expected);
}

#[test]
fn a_change_ignores_fields_that_the_role_does_not_have() {
    let context = TestContext::new();
    let registered = context.register("patient@example.com", patient());
    let details = HolderChange {
        name: Change::Set(OrganisationName::parse("CHU").unwrap()),
        ..HolderChange::default()
    };
    let wanted = AccountChange { details, ..AccountChange::default() };
    assert_eq!(change(&context, &registered, &Ok(wanted)).unwrap(), registered.account);
}

#[test]
fn a_rejected_change_changes_nothing_and_reports_the_errors() {
    let context = TestContext::new();
    let registered = context.register("patient@example.com", patient());
    let mut errors = FieldErrors::default();
    errors.add("email", FieldError::ReadOnly);
    let outcome = change(&context, &registered, &Err(errors.clone()));
    assert!(matches!(&outcome, Err(AccountError::InvalidFields(told)) if *told == errors), "{outcome:?}");
    assert_eq!(context.read(registered.account.id).unwrap(), registered.account);
}

#[test]
fn a_token_of_an_ended_session_changes_nothing() {
    let context = TestContext::new();
    let registered = context.register("patient@example.com", patient());
    context.log_out(registered.tokens.refresh.expose());
    let profile = ProfileChange { address: Change::Set(None), ..ProfileChange::default() };
    let outcome = change(&context, &registered, &Ok(AccountChange { profile, ..AccountChange::default() }));
    assert!(matches!(outcome, Err(AccountError::Token(TokenError::SessionEnded))), "{outcome:?}");
    assert_eq!(context.read(registered.account.id).unwrap(), registered.account);
}
