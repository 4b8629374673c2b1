use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::session::{LegacyToken, LegacyTokenReader, SessionError, TokenError};
use sihha_domain::testing::{doctor, patient};

use crate::context::{PASSWORD, TestContext};

/// Reads the one token that it has, written `former`.
struct One(LegacyToken);

impl LegacyTokenReader for One {
    fn read(&self, token: &str) -> Option<LegacyToken> {
        (token == "former").then_some(self.0)
    }
}

/// Someone logged in to the legacy backend at `issued_at`, for as long as it may.
fn log_in_formerly(context: &mut TestContext, owner: ProfileId, issued_at: DateTime<Utc>) {
    let id = TokenId::parse("0123456789abcdef0123456789abcdef").unwrap();
    let expires_at = issued_at + TimeDelta::days(100);
    context.legacy = Some(Arc::new(One(LegacyToken { id, profile_id: owner, issued_at, expires_at })));
}

fn refused(context: &TestContext) -> TokenError {
    match context.refresh("former") {
        Err(SessionError::Token(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn now(context: &TestContext) -> DateTime<Utc> {
    context.clock.now().trunc_subsecs(0)
}

#[test]
fn the_session_counts_from_the_former_login() {
    let mut context = TestContext::new();
    let own = context.register("doctor@example.com", doctor());
    let issued_at = now(&context) - TimeDelta::hours(5);
    log_in_formerly(&mut context, own.account.id, issued_at);
    let mut newest = context.refresh("former").unwrap().refresh;
    let claims = context.issuer.verify(newest.expose(), now(&context)).unwrap();
    assert_eq!(
        claims.common().expires_at,
        issued_at + TimeDelta::hours(24),
        "a doctor's session lasts a day in all"
    );
    context.clock.advance(TimeDelta::hours(18));
    newest = context.refresh(newest.expose()).unwrap().refresh;
    context.clock.advance(TimeDelta::hours(1));
    assert!(context.refresh(newest.expose()).is_err(), "the day is over");
}

#[test]
fn a_token_is_taken_for_a_day_however_long_it_lives() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    let issued_at = now(&context) - TimeDelta::hours(24);
    log_in_formerly(&mut context, own.account.id, issued_at);
    assert_eq!(refused(&context), TokenError::Expired);
    log_in_formerly(&mut context, own.account.id, issued_at + TimeDelta::seconds(1));
    let newest = context.refresh("former").unwrap().refresh;
    context.clock.advance(TimeDelta::hours(23));
    context.refresh(newest.expose()).expect("from here on it is a session like any other");
}

#[test]
fn the_log_can_tell_why_a_token_was_refused() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    let now = now(&context);
    log_in_formerly(&mut context, own.account.id, now + TimeDelta::seconds(1));
    assert_eq!(refused(&context), TokenError::Malformed);
    let nobody = ProfileId::from_uuid(uuid::Uuid::nil());
    log_in_formerly(&mut context, nobody, now);
    assert_eq!(refused(&context), TokenError::SessionEnded);
    assert!(matches!(context.refresh("garbage"), Err(SessionError::Token(TokenError::BadSignature))));
}

#[test]
fn a_session_that_is_taken_over_counts_as_any_other() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    (1..100).for_each(|_| drop(context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap()));
    let issued_at = now(&context) - TimeDelta::hours(5);
    log_in_formerly(&mut context, own.account.id, issued_at);
    context.refresh("former").unwrap();
    assert_eq!(context.live_sessions(own.account.id), 100);
    context.refresh("former").expect("it is the newest login, whatever its age, and stays");
    assert!(context.refresh(own.tokens.refresh.expose()).is_err(), "the oldest of the others made room");
}
