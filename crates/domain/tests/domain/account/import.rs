use sihha_domain::account::{AccountError, Role, UniqueField};
use sihha_domain::session::SessionError;
use sihha_domain::testing::{doctor, patient};

use crate::context::{PASSWORD, TestContext, registration};

#[test]
fn an_imported_account_has_no_session_and_can_log_in() {
    let context = TestContext::new();
    let import = context.use_cases().import_accounts;
    let account = import.run(registration("amina@example.com", patient())).unwrap();
    assert_eq!(context.live_sessions(account.id), 0);
    assert_eq!(context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().id, account.id);
}

#[test]
fn an_imported_doctor_waits_for_approval() {
    let context = TestContext::new();
    let account = context.use_cases().import_accounts.run(registration("d@example.com", doctor())).unwrap();
    let refused = context.log_in(Role::Doctor, "d@example.com", PASSWORD).unwrap_err();
    assert_eq!(refused, SessionError::NotApproved);
    context.approve(&account);
    context.log_in(Role::Doctor, "d@example.com", PASSWORD).unwrap();
}

#[test]
fn an_import_reports_an_email_that_is_taken() {
    let context = TestContext::new();
    context.register("amina@example.com", patient());
    let refused = context.use_cases().import_accounts.run(registration("AMINA@example.com", doctor()));
    assert_eq!(refused.unwrap_err(), AccountError::Taken(UniqueField::Email));
}
