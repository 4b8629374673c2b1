//! What accounts need a confirmed address for.

use sihha_domain::account::{PerRole, RoleDetails};
use sihha_domain::mail::Template;
use sihha_domain::password::Password;
use sihha_domain::session::{ClientInfo, EmailPolicy, LoginAttempt, SessionError};
use sihha_domain::testing::{doctor, email, patient};

use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD};
use crate::suspension::suspend;

const OF_DOCTORS: EmailPolicy =
    EmailPolicy { required: PerRole { doctor: true, ..PerRole::same(false) }, hides_known: false };
const HIDDEN: EmailPolicy = EmailPolicy { hides_known: true, ..OF_DOCTORS };

fn attempt(address: &str, password: &str) -> LoginAttempt {
    let password = Password::attempt(password).expect("not empty");
    LoginAttempt { role: None, email: email(address), password, client: ClientInfo::default() }
}

fn log_in(
    context: &TestContext,
    policy: EmailPolicy,
    address: &str,
    password: &str,
) -> Result<(), SessionError> {
    let mut login = context.use_cases().login;
    login.checker.email_policy = policy;
    let outcome = login.run(&attempt(address, password), &|| false);
    outcome.map(drop).map_err(|refused| refused.error)
}

/// Returns a context with an approved account, and confirms nothing.
fn context(address: &str, details: RoleDetails) -> TestContext {
    let context = TestContext::new();
    let account = context.register(address, details).account;
    if account.approval.is_some() {
        context.approve(&account);
    }
    context
}

/// Confirms the address by the link of the first mail.
fn confirm(context: &TestContext) {
    let mails = context.mail();
    let first = mails.iter().find(|mail| mail.content.template() == Template::VerifyEmail);
    let token = first.and_then(|mail| mail.content.token()).expect("a link");
    context.use_cases().verify_email.run(token, &ClientInfo::default()).expect("confirmed");
}

#[test]
fn an_account_of_the_role_can_log_in_after_its_address_is_confirmed() {
    let context = context("doctor@example.com", doctor());
    let log_in = || log_in(&context, OF_DOCTORS, "doctor@example.com", PASSWORD);
    assert_eq!(log_in(), Err(SessionError::EmailNotVerified));
    confirm(&context);
    assert_eq!(log_in(), Ok(()));
}

#[test]
fn other_roles_need_no_confirmed_address() {
    let context = context("patient@example.com", patient());
    assert_eq!(log_in(&context, OF_DOCTORS, "patient@example.com", PASSWORD), Ok(()));
}

#[test]
fn the_password_the_suspension_and_the_approval_come_first() {
    let context = TestContext::new();
    context.register("doctor@example.com", doctor());
    let log_in = |password| log_in(&context, OF_DOCTORS, "doctor@example.com", password);
    assert_eq!(log_in(WRONG_PASSWORD), Err(SessionError::WrongCredentials));
    assert_eq!(log_in(PASSWORD), Err(SessionError::NotApproved));
    suspend(&context, "doctor@example.com");
    assert_eq!(log_in(PASSWORD), Err(SessionError::Suspended));
}

#[test]
fn live_sessions_are_refreshed() {
    let context = context("doctor@example.com", doctor());
    let tokens = context.log_in(None, "doctor@example.com", PASSWORD).unwrap().tokens;
    assert!(context.refresh(tokens.refresh.expose()).is_ok());
}

#[test]
fn where_known_addresses_are_hidden_an_unconfirmed_account_looks_unknown() {
    let context = TestContext::new();
    context.register("doctor@example.com", doctor());
    let refused = log_in(&context, HIDDEN, "doctor@example.com", PASSWORD);
    assert_eq!(refused, Err(SessionError::WrongCredentials));
    let mut status = context.use_cases().check_application;
    status.checker.email_policy = HIDDEN;
    let of_application = || status.run(&attempt("doctor@example.com", PASSWORD), &|| false);
    assert_eq!(of_application().unwrap_err().error, SessionError::WrongCredentials);
    confirm(&context);
    assert!(of_application().is_ok());
    assert_eq!(log_in(&context, HIDDEN, "doctor@example.com", PASSWORD), Err(SessionError::NotApproved));
}
