use std::sync::Arc;

use sihha_domain::account::Role;
use sihha_domain::approval::{ApprovalState, CheckedApplication};
use sihha_domain::password::{Password, PasswordHasher};
use sihha_domain::session::{ClientInfo, LoginAttempt, SessionError, SessionLifetimes, TokenScope};
use sihha_domain::testing::{doctor, email, patient};

use super::change_request;
use crate::context::{Meanwhile, PASSWORD, TestContext, WRONG_PASSWORD, admin, approval, request};
use crate::suspension::suspend;

const DOCTOR: &str = "doctor@example.com";

fn check(context: &TestContext, address: &str, password: &str) -> Result<CheckedApplication, SessionError> {
    check_by(context, context.hasher.clone(), address, password)
}

fn check_by(
    context: &TestContext,
    hasher: Arc<dyn PasswordHasher>,
    address: &str,
    password: &str,
) -> Result<CheckedApplication, SessionError> {
    let password = Password::attempt(password).expect("not empty");
    let attempt = LoginAttempt { role: None, email: email(address), password, client: ClientInfo::default() };
    let use_cases = context.use_cases_with(context.store.clone(), hasher);
    use_cases.check_application.run(&attempt, &|| false).map_err(|refused| refused.error)
}

#[test]
fn an_applicant_who_may_not_log_in_gets_a_token_for_the_application() {
    let context = TestContext::new();
    let account = context.register(DOCTOR, doctor()).account;
    let assert_told = |state| {
        let told = check(&context, DOCTOR, PASSWORD).unwrap();
        assert_eq!(told.account.approval_state(), Some(state));
        told.access.map(|access| {
            let claims = context.claims(&access);
            assert_eq!((claims.profile_id, claims.role), (account.id, Role::Doctor), "{state:?}");
            assert_eq!((claims.scope, claims.is_approved), (Some(TokenScope::Application), false));
            assert_eq!(claims.expires_at - claims.issued_at, SessionLifetimes::APPLICATION);
            let own = context.read_own(access.expose()).expect("readable");
            assert_eq!(own, told.account, "{state:?}");
        })
    };
    assert_eq!(assert_told(ApprovalState::Pending), Some(()));
    context.decide_on(&account, &change_request()).unwrap();
    assert_eq!(assert_told(ApprovalState::ChangesRequested), Some(()));
    context.reject(&account);
    assert_eq!(assert_told(ApprovalState::Rejected), Some(()));
    context.decide().reconsider(&request(&admin(), &account), &approval()).unwrap();
    assert_eq!(assert_told(ApprovalState::Approved), None);
}

#[test]
fn a_patient_has_no_application() {
    let context = TestContext::new();
    context.register("patient@example.com", patient());
    let told = check(&context, "patient@example.com", PASSWORD).unwrap();
    assert!(told.account.approval_state().is_none() && told.access.is_none());
}

#[test]
fn only_the_owner_learns_the_state_and_every_refusal_costs_one_check() {
    let context = TestContext::new();
    context.register(DOCTOR, doctor());
    for (address, password) in [(DOCTOR, WRONG_PASSWORD), ("nobody@example.com", PASSWORD)] {
        let (_, verified) = context.hasher.counts();
        let outcome = check(&context, address, password);
        assert!(matches!(outcome, Err(SessionError::WrongCredentials)), "{outcome:?}");
        assert_eq!(context.hasher.counts().1, verified + 1, "{address}");
    }
    suspend(&context, DOCTOR);
    let outcome = check(&context, DOCTOR, PASSWORD);
    assert!(matches!(outcome, Err(SessionError::Suspended)), "{outcome:?}");
    let outcome = check(&context, DOCTOR, WRONG_PASSWORD);
    assert!(matches!(outcome, Err(SessionError::WrongCredentials)), "{outcome:?}");
}

#[test]
fn the_token_ends_with_the_sessions_of_the_account() {
    let context = TestContext::new();
    let account = context.register(DOCTOR, doctor()).account;
    let access = check(&context, DOCTOR, PASSWORD).unwrap().access.unwrap();
    context.reject(&account);
    context.read_own(access.expose()).expect_err("revoked");
}

#[test]
fn a_rejection_during_the_check_is_told() {
    let context = TestContext::new();
    context.register(DOCTOR, doctor());
    let hasher = Meanwhile::checking(context, |context| {
        let known = check(context, DOCTOR, PASSWORD).unwrap().account;
        context.reject(&known);
    });
    let told = check_by(&hasher.context, hasher.clone(), DOCTOR, PASSWORD).unwrap();
    let context = Meanwhile::done(hasher);
    assert_eq!(told.account.approval_state(), Some(ApprovalState::Rejected));
    context.read_own(told.access.unwrap().expose()).expect("the session was opened after the rejection");
}
