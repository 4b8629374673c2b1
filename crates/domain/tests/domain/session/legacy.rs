use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::session::{LegacyToken, LegacyTokenReader, SessionError, TokenError};
use sihha_domain::testing::{doctor, patient};

use crate::context::{PASSWORD, TestContext};

/// Reads one token, with the text `legacy`.
struct One(LegacyToken);

impl LegacyTokenReader for One {
    fn read(&self, token: &str) -> Option<LegacyToken> {
        (token == "legacy").then_some(self.0)
    }
}

/// Lets the legacy backend have issued a token to `owner` at `issued_at`.
fn issue_legacy_token(context: &mut TestContext, owner: ProfileId, issued_at: DateTime<Utc>) {
    let id = TokenId::parse("0123456789abcdef0123456789abcdef").unwrap();
    let expires_at = issued_at + TimeDelta::days(100);
    context.legacy = Some(Arc::new(One(LegacyToken { id, profile_id: owner, issued_at, expires_at })));
}

fn refused(context: &TestContext) -> TokenError {
    match context.refresh("legacy") {
        Err(SessionError::Token(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn now(context: &TestContext) -> DateTime<Utc> {
    context.clock.now().trunc_subsecs(0)
}

#[test]
fn the_session_begins_at_the_login_to_the_legacy_backend() {
    let mut context = TestContext::new();
    let own = context.register("doctor@example.com", doctor());
    let issued_at = now(&context) - TimeDelta::hours(5);
    issue_legacy_token(&mut context, own.account.id, issued_at);
    let mut newest = context.refresh("legacy").unwrap().refresh;
    let claims = context.issuer.verify(newest.expose(), now(&context)).unwrap();
    assert_eq!(
        claims.common().expires_at,
        issued_at + TimeDelta::hours(24),
        "a doctor's session lasts a day in all"
    );
    context.clock.advance(TimeDelta::hours(18));
    newest = context.refresh(newest.expose()).unwrap().refresh;
    context.clock.advance(TimeDelta::hours(1));
    assert!(context.refresh(newest.expose()).is_err(), "the session has reached its end");
}

#[test]
fn a_legacy_token_is_accepted_for_a_day_regardless_of_its_expiry() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    let issued_at = now(&context) - TimeDelta::hours(24);
    issue_legacy_token(&mut context, own.account.id, issued_at);
    assert_eq!(refused(&context), TokenError::Expired);
    issue_legacy_token(&mut context, own.account.id, issued_at + TimeDelta::seconds(1));
    let newest = context.refresh("legacy").unwrap().refresh;
    context.clock.advance(TimeDelta::hours(23));
    context.refresh(newest.expose()).expect("now it is an ordinary session");
}

#[test]
fn the_reason_why_a_legacy_token_is_refused_can_be_logged() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    let now = now(&context);
    issue_legacy_token(&mut context, own.account.id, now + TimeDelta::seconds(1));
    assert_eq!(refused(&context), TokenError::NotYetValid);
    let nobody = ProfileId::from_uuid(uuid::Uuid::nil());
    issue_legacy_token(&mut context, nobody, now);
    assert_eq!(refused(&context), TokenError::SessionEnded);
    assert!(matches!(context.refresh("garbage"), Err(SessionError::Token(TokenError::BadSignature))));
}

#[test]
fn an_adopted_session_counts_towards_the_maximum() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    (1..100).for_each(|_| drop(context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap()));
    let issued_at = now(&context) - TimeDelta::hours(5);
    issue_legacy_token(&mut context, own.account.id, issued_at);
    context.refresh("legacy").unwrap();
    assert_eq!(context.live_sessions(own.account.id), 100);
    context.refresh("legacy").expect("the session that was just adopted is kept");
    assert!(context.refresh(own.tokens.refresh.expose()).is_err(), "the oldest other session was revoked");
}

#[test]
fn a_blocked_token_opens_no_session_and_can_be_blocked_again() {
    let mut context = TestContext::new();
    let own = context.register("amina@example.com", patient());
    let issued_at = now(&context) - TimeDelta::hours(5);
    issue_legacy_token(&mut context, own.account.id, issued_at);
    let id = TokenId::parse("0123456789abcdef0123456789abcdef").unwrap();
    let block = context.use_cases().block_legacy_tokens;
    assert_eq!(block.run(&[id, id]), Ok(1));
    assert_eq!(block.run(&[id]), Ok(0));
    assert_eq!(refused(&context), TokenError::SessionEnded);
}
