use chrono::TimeDelta;
use sihha_domain::session::{TokenError, TokenPair};
use sihha_domain::staff::{StaffLoggedIn, StaffRole, StaffSessionError};

use super::manage::at_terminal;
use super::{authenticated, by_id, create, details, logged_in};
use crate::context::{GRACE, LIFETIMES, TestContext};

const EMAIL: &str = "leila@example.dz";

fn opened() -> (TestContext, StaffLoggedIn) {
    let context = TestContext::new();
    create(&context, EMAIL, StaffRole::Reviewer);
    let session = logged_in(&context, EMAIL);
    (context, session)
}

fn refresh(context: &TestContext, tokens: &TokenPair) -> Result<TokenPair, StaffSessionError> {
    context.use_cases().refresh_staff.run(tokens.refresh.expose())
}

fn refused<T>(reason: TokenError) -> Result<T, StaffSessionError> {
    Err(StaffSessionError::Token(reason))
}

#[test]
fn a_session_is_refreshed_for_twelve_hours() {
    let (context, session) = opened();
    let mut tokens = session.tokens;
    assert_eq!(tokens.expires_in, LIFETIMES.access);
    for _ in 1..13 {
        context.clock.advance(TimeDelta::minutes(55));
        tokens = refresh(&context, &tokens).expect("refreshed");
        let member = context.use_cases().authenticate_staff.run(tokens.access.expose());
        assert_eq!(member.expect("authenticated").id, session.member.id);
    }
    context.clock.advance(TimeDelta::hours(1));
    let ended = refresh(&context, &tokens).map(|_| ());
    assert!(matches!(ended, Err(StaffSessionError::Token(TokenError::Expired | TokenError::SessionEnded))));
}

#[test]
fn an_idle_session_ends_after_an_hour() {
    let (context, session) = opened();
    context.clock.advance(TimeDelta::hours(1));
    assert!(refresh(&context, &session.tokens).is_err());
    assert_eq!(authenticated(&context, &session), refused(TokenError::Expired));
}

#[test]
fn a_reused_refresh_token_ends_the_session_after_the_grace_period() {
    let (context, session) = opened();
    let first = refresh(&context, &session.tokens).expect("refreshed");
    let again = refresh(&context, &session.tokens).expect("a response may be lost");
    assert_eq!(first.refresh.expose(), again.refresh.expose());
    context.clock.advance(GRACE + TimeDelta::seconds(1));
    assert_eq!(refresh(&context, &session.tokens).map(|_| ()), refused(TokenError::Reused));
    assert_eq!(refresh(&context, &first).map(|_| ()), refused(TokenError::SessionEnded));
}

#[test]
fn the_two_kinds_of_tokens_are_not_confused() {
    let (context, StaffLoggedIn { tokens, .. }) = opened();
    let use_cases = context.use_cases();
    let (access, refresh) = (tokens.access.expose(), tokens.refresh.expose());
    assert_eq!(use_cases.refresh_staff.run(access).map(|_| ()), refused(TokenError::WrongType));
    assert_eq!(use_cases.staff_logout.run(access), refused(TokenError::WrongType));
    assert_eq!(use_cases.authenticate_staff.run(refresh), refused(TokenError::WrongType));
}

#[test]
fn a_logout_ends_the_session_and_may_be_repeated() {
    let (context, session) = opened();
    for _ in 0..2 {
        assert_eq!(context.use_cases().staff_logout.run(session.tokens.refresh.expose()), Ok(()));
    }
    assert_eq!(authenticated(&context, &session), refused(TokenError::SessionEnded));
}

#[test]
fn a_refreshed_token_has_the_role_of_today() {
    let (context, session) = opened();
    let member = by_id(&session.member);
    let terminal = at_terminal();
    context.use_cases().change_staff.run(&terminal, &member, &details(StaffRole::Admin)).expect("changed");
    let tokens = refresh(&context, &session.tokens).expect("refreshed");
    let member = context.use_cases().authenticate_staff.run(tokens.access.expose()).expect("authenticated");
    assert_eq!(member.role, StaffRole::Admin);
}

#[test]
fn old_sessions_of_staff_are_purged_after_thirty_days() {
    let (context, session) = opened();
    let purge = || context.use_cases().purge_sessions.batch();
    context.clock.advance(TimeDelta::days(30));
    assert_eq!(purge(), Ok(0));
    context.clock.advance(TimeDelta::hours(2));
    assert_eq!(purge(), Ok(1), "{}", session.member.email);
    assert_eq!(purge(), Ok(0));
}
