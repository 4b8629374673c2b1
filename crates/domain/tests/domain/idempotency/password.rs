use chrono::TimeDelta;
use sihha_domain::clock::Clock;
use sihha_domain::idempotency::IdempotentRequest;
use sihha_domain::password::{Password, PasswordChange, PasswordError};
use sihha_domain::session::{AuthenticationMethod, Caller, ClientInfo, TokenError};
use sihha_domain::store::Store;
use sihha_domain::testing::{email, patient};

use super::request;
use crate::context::{Meanwhile, PASSWORD, TestContext};

const NEW: &str = "the second one";

/// Registers an account, and returns an access token of it.
fn registered(context: &TestContext) -> String {
    context.register("amina@example.com", patient()).tokens.access.expose().to_owned()
}

fn change(
    context: &TestContext,
    token: &str,
    [current, new]: [&str; 2],
    request: &IdempotentRequest,
) -> Result<(), PasswordError> {
    let change = wanted(context.authenticate(token)?, [current, new]);
    context.use_cases().change_password.run(&change, Some(request), &|| false)
}

fn wanted(caller: Caller, [current, new]: [&str; 2]) -> PasswordChange {
    let current = Password::attempt(current).expect("not empty");
    PasswordChange {
        caller,
        current,
        new: Password::parse(new).expect("valid"),
        client: ClientInfo::default(),
    }
}

/// Returns the caller with the newest session of the account.
fn newest_caller(context: &TestContext) -> Caller {
    let mut store = context.store.autocommit().expect("open");
    let known = store.passwords().find(&email("amina@example.com")).expect("readable").expect("found");
    let session = store.sessions().live(known.id, context.clock.now(), 1).expect("readable").remove(0);
    Caller {
        profile_id: known.id,
        role: known.role,
        session: session.id,
        scope: None,
        method: AuthenticationMethod::Password,
        authenticated_at: session.opened_at,
    }
}

#[test]
fn a_repeated_change_succeeds_and_revokes_no_further_session() {
    let context = TestContext::new();
    let token = registered(&context);
    let request = request("k", "");
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request), Ok(()));
    context.log_in(None, "amina@example.com", NEW).expect("logged in");
    let id = context.authenticate(&token).expect("valid").profile_id;
    assert_eq!(context.live_sessions(id), 2);
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request), Ok(()));
    assert_eq!(context.live_sessions(id), 2);
}

#[test]
fn a_key_that_was_used_for_another_change_is_refused() {
    let context = TestContext::new();
    let token = registered(&context);
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
    let outcomes = [
        change(&context, &token, [NEW, "the third one"], &request("k", "")),
        change(&context, &token, [PASSWORD, NEW], &request("k", "another member")),
    ];
    assert_eq!(outcomes, [Err(PasswordError::KeyReused), Err(PasswordError::KeyReused)]);
    context.log_in(None, "amina@example.com", NEW).expect("the password is unchanged");
}

#[test]
fn without_its_key_a_change_is_not_repeated() {
    let context = TestContext::new();
    let token = registered(&context);
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
    assert_eq!(context.change_password(&token, PASSWORD, NEW), Err(PasswordError::WrongPassword));
    let outcome = change(&context, &token, [PASSWORD, NEW], &request("another-key", ""));
    assert_eq!(outcome, Err(PasswordError::WrongPassword));
}

#[test]
fn a_change_that_failed_may_be_corrected_with_the_same_key() {
    let context = TestContext::new();
    let token = registered(&context);
    let outcome = change(&context, &token, ["a wrong one", NEW], &request("k", ""));
    assert_eq!(outcome, Err(PasswordError::WrongPassword));
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
}

#[test]
fn a_change_takes_effect_once_even_if_the_password_was_changed_back() {
    let context = TestContext::new();
    let token = registered(&context);
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
    context.change_password(&token, NEW, PASSWORD).expect("changed back");
    let repeated = change(&context, &token, [PASSWORD, NEW], &request("k", ""));
    assert_eq!(repeated, Err(PasswordError::KeyReused));
    context.log_in(None, "amina@example.com", PASSWORD).expect("the password is unchanged");
}

#[test]
fn a_change_is_repeated_for_a_day() {
    let context = TestContext::new();
    let token = registered(&context);
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
    context.clock.advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    let login = context.log_in(None, "amina@example.com", NEW).expect("logged in");
    let outcome = change(&context, login.tokens.access.expose(), [PASSWORD, NEW], &request("k", ""));
    assert_eq!(outcome, Err(PasswordError::WrongPassword));
}

#[test]
fn an_ended_session_repeats_nothing() {
    let context = TestContext::new();
    let token = registered(&context);
    let other = context.log_in(None, "amina@example.com", PASSWORD).expect("logged in").tokens;
    assert_eq!(change(&context, &token, [PASSWORD, NEW], &request("k", "")), Ok(()));
    let repeated = change(&context, other.access.expose(), [PASSWORD, NEW], &request("k", ""));
    assert_eq!(repeated, Err(PasswordError::Token(TokenError::SessionEnded)));
}

#[test]
fn both_of_two_simultaneous_changes_with_one_key_succeed() {
    let context = TestContext::new();
    registered(&context);
    // The second request has read the old hash when the first one is made.
    let hasher = Meanwhile::checking(context, |context| {
        let change = wanted(newest_caller(context), [PASSWORD, NEW]);
        let outcome = context.use_cases().change_password.run(&change, Some(&request("k", "")), &|| false);
        assert_eq!(outcome, Ok(()));
    });
    let use_cases = hasher.context.use_cases_with(hasher.context.store.clone(), hasher.clone());
    let change = wanted(newest_caller(&hasher.context), [PASSWORD, NEW]);
    assert_eq!(use_cases.change_password.run(&change, Some(&request("k", "")), &|| false), Ok(()));
}
