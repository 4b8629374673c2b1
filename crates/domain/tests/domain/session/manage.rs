use chrono::TimeDelta;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{SessionId, TokenId};
use sihha_domain::session::{Caller, EndReason, Session, SessionError, TokenError};
use sihha_domain::store::Store;
use sihha_domain::testing::patient;

use crate::context::{PASSWORD, TestContext};

/// Returns an account with three sessions, and the claims of their access tokens.
fn three_sessions(context: &TestContext) -> [Caller; 3] {
    let first = context.register("amina@example.com", patient()).tokens;
    let [second, third] =
        [(), ()].map(|()| context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().tokens);
    [first, second, third].map(|tokens| context.authenticate(tokens.access.expose()).unwrap())
}

fn listed(context: &TestContext, caller: &Caller) -> Vec<SessionId> {
    context.use_cases().list_sessions.live(caller).unwrap().into_iter().map(|session| session.id).collect()
}

#[test]
fn live_sessions_are_listed_newest_first() {
    let context = TestContext::new();
    let [first, second, third] = three_sessions(&context);
    assert_eq!(listed(&context, &first), [third.session, second.session, first.session]);
}

#[test]
fn a_session_is_revoked_by_its_id() {
    let context = TestContext::new();
    let [first, second, third] = three_sessions(&context);
    context.use_cases().revoke_session.run(&first, second.session).unwrap();
    assert_eq!(listed(&context, &first), [third.session, first.session]);
    let again = context.use_cases().revoke_session.run(&first, second.session);
    assert!(matches!(again, Err(SessionError::UnknownSession)), "{again:?}");
}

#[test]
fn a_list_has_at_most_a_hundred_sessions_including_the_callers_own() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient());
    let caller = context.authenticate(first.tokens.access.expose()).unwrap();
    let token = TokenId::generate(&*context.randomness);
    // Sessions from a time without a maximum.
    let mut repositories = context.store.autocommit().unwrap();
    let own = repositories
        .sessions()
        .find_live(caller.profile_id, caller.session, context.clock.now())
        .unwrap()
        .unwrap();
    for number in 1..=150 {
        let id = SessionId::of_legacy(token, own.opened_at + TimeDelta::seconds(number));
        assert_eq!(repositories.sessions().adopt(&Session { id, ..own.clone() }, &token.digest()), Ok(true));
    }
    drop(repositories);
    let listed = listed(&context, &caller);
    assert_eq!(listed.len(), 100);
    assert_eq!(listed[99], caller.session);
    assert!(listed.is_sorted_by(|newer, older| newer > older));
}

#[test]
fn a_login_beyond_a_hundred_revokes_the_oldest_session_with_a_reason() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens;
    let log_in = || context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().tokens;
    (1..100).for_each(|_| drop(log_in()));
    let last = context.authenticate(log_in().access.expose()).unwrap();
    assert_eq!(listed(&context, &last).len(), 100);
    let refused = context.refresh(first.refresh.expose());
    assert!(matches!(refused, Err(SessionError::Token(TokenError::SessionEnded))), "{refused:?}");
    let [ended] = &context.use_cases().list_sessions.ended(&last).unwrap()[..] else {
        panic!("one has ended")
    };
    assert_eq!(ended.reason, EndReason::TooManySessions);
}

#[test]
fn an_ended_session_revokes_no_other() {
    let context = TestContext::new();
    let [first, second, third] = three_sessions(&context);
    context.use_cases().revoke_session.run(&first, second.session).unwrap();
    let refused = context.use_cases().revoke_session.run(&second, third.session);
    assert!(matches!(refused, Err(SessionError::Token(TokenError::SessionEnded))), "{refused:?}");
    let refused = context.use_cases().revoke_session.others(&second);
    assert!(matches!(refused, Err(SessionError::Token(TokenError::SessionEnded))), "{refused:?}");
    assert_eq!(listed(&context, &first), [third.session, first.session]);
}

#[test]
fn a_session_of_another_account_is_unknown() {
    let context = TestContext::new();
    let [first, ..] = three_sessions(&context);
    let other = context.register("other@example.com", patient()).tokens;
    let other = context.authenticate(other.access.expose()).unwrap();
    let outcome = context.use_cases().revoke_session.run(&first, other.session);
    assert!(matches!(outcome, Err(SessionError::UnknownSession)), "{outcome:?}");
    assert_eq!(listed(&context, &other), [other.session]);
}

#[test]
fn all_other_sessions_are_revoked_together() {
    let context = TestContext::new();
    let [first, second, _] = three_sessions(&context);
    context.use_cases().revoke_session.others(&second).unwrap();
    assert_eq!(listed(&context, &second), [second.session]);
    let outcome = context.use_cases().list_sessions.live(&first);
    assert!(matches!(outcome, Err(SessionError::Token(TokenError::SessionEnded))), "{outcome:?}");
}

#[test]
fn ended_sessions_are_listed_with_time_and_reason_for_thirty_days() {
    let context = TestContext::new();
    let [first, second, _] = three_sessions(&context);
    context.use_cases().revoke_session.run(&first, second.session).unwrap();
    let ended_at = context.clock.now();
    context.clock.advance(TimeDelta::minutes(1));
    let [ended] = &context.use_cases().list_sessions.ended(&first).unwrap()[..] else {
        panic!("one has ended")
    };
    assert_eq!((ended.session.id, ended.ended_at), (second.session, ended_at));
    assert_eq!(ended.reason, EndReason::EndedByOwner);

    let refused = context.use_cases().list_sessions.ended(&second);
    assert!(matches!(refused, Err(SessionError::Token(TokenError::SessionEnded))), "{refused:?}");

    context.clock.advance(Session::KEPT_AFTER_END);
    let later = context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().tokens;
    let later = context.authenticate(later.access.expose()).unwrap();
    assert_eq!(context.use_cases().list_sessions.ended(&later).unwrap(), []);
}
