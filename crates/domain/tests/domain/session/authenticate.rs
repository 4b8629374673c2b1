use chrono::{SubsecRound, TimeDelta};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::session::{AuthenticationMethod, TokenError};
use sihha_domain::testing::{doctor, patient};

use crate::context::{LIFETIMES, TestContext};

fn refused(context: &TestContext, token: &str) -> TokenError {
    match context.authenticate(token) {
        Err(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_access_token_identifies_the_caller_and_the_time_of_authentication() {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", patient());
    let opened_at = context.clock.now().trunc_subsecs(3);
    context.clock.advance(TimeDelta::minutes(1));
    let caller = context.authenticate(registered.tokens.access.expose()).unwrap();
    assert_eq!((caller.profile_id, caller.role), (registered.account.id, Role::Patient));
    assert_eq!((caller.method, caller.authenticated_at), (AuthenticationMethod::Password, opened_at));
}

#[test]
fn the_access_token_of_a_pending_account_is_valid() {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", doctor());
    let claims = context.authenticate(registered.tokens.access.expose()).unwrap();
    assert_eq!((claims.profile_id, claims.role), (registered.account.id, Role::Doctor));
}

#[test]
fn a_refresh_token_does_not_authenticate() {
    let context = TestContext::new();
    let tokens = context.register("amina@example.com", patient()).tokens;
    assert_eq!(refused(&context, tokens.refresh.expose()), TokenError::WrongType);
}

#[test]
fn an_access_token_is_valid_until_its_expiry() {
    let context = TestContext::new();
    let access = context.register("amina@example.com", patient()).tokens.access;
    let since_whole_second = context.clock.now() - context.clock.now().trunc_subsecs(0);
    let instant = TimeDelta::microseconds(1);
    context.clock.advance(LIFETIMES.access - since_whole_second - instant);
    context.authenticate(access.expose()).expect("valid in its last microsecond");
    context.clock.advance(instant);
    assert_eq!(refused(&context, access.expose()), TokenError::Expired, "expired at exp");
    context.clock.advance(LIFETIMES.absolute.patient);
    assert_eq!(refused(&context, access.expose()), TokenError::Expired, "expired long after exp");
}

#[test]
fn a_token_that_the_issuer_did_not_sign_is_refused() {
    let context = TestContext::new();
    let access = context.register("amina@example.com", patient()).tokens.access;
    for garbage in
        ["", " ", "access", "eyJhbGciOiJub25lIn0.e30.", &format!("{}0", access.expose()), "\0", "رمز"]
    {
        assert_eq!(refused(&context, garbage), TokenError::BadSignature, "{garbage}");
    }
    let elsewhere = TestContext::new();
    assert_eq!(refused(&elsewhere, access.expose()), TokenError::BadSignature, "signed by another service");
}
