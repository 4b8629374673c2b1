use chrono::TimeDelta;
use sihha_domain::account::AccountError;
use sihha_domain::account::Role;
use sihha_domain::session::{SessionError, TokenError};
use sihha_domain::store::Outage;
use sihha_domain::testing::{doctor, patient};

use crate::context::{GRACE, LIFETIMES, PASSWORD, TestContext};

fn refused(context: &TestContext, token: &str) -> TokenError {
    match context.refresh(token) {
        Err(SessionError::Token(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refresh_token_is_replaced_by_one_that_works() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens;
    context.clock.advance(TimeDelta::hours(1));
    let second = context.refresh(first.refresh.expose()).unwrap();
    assert_ne!(second.refresh.expose(), first.refresh.expose());
    let claims = context.authenticate(second.access.expose()).unwrap();
    assert_eq!(claims.session, context.claims(&first.refresh).session);
    context.clock.advance(TimeDelta::hours(1));
    context.refresh(second.refresh.expose()).expect("the newest");
}

#[test]
fn within_the_grace_period_the_same_token_gets_the_same_successor() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens;
    let one = context.refresh(first.refresh.expose()).unwrap();
    context.clock.advance(GRACE - TimeDelta::microseconds(1));
    let again = context.refresh(first.refresh.expose()).unwrap();
    assert_eq!(again.refresh.expose(), one.refresh.expose());
    context.refresh(one.refresh.expose()).expect("still the current token");
}

#[test]
fn a_token_reused_after_the_grace_period_revokes_the_session() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens;
    let second = context.refresh(first.refresh.expose()).unwrap();
    context.clock.advance(GRACE);
    assert_eq!(refused(&context, first.refresh.expose()), TokenError::Reused);
    assert_eq!(refused(&context, second.refresh.expose()), TokenError::SessionEnded);
    let outcome = context.read_own(second.access.expose());
    assert!(matches!(outcome, Err(AccountError::Token(TokenError::SessionEnded))), "{outcome:?}");
}

#[test]
fn an_outage_of_the_store_extends_the_grace_period() {
    let outage = |began_ago, ended_ago| {
        let [began_ago, ended_ago] = [began_ago, ended_ago].map(TimeDelta::seconds);
        Some(Outage { began_ago, ended_ago })
    };
    // A use of 30 seconds ago is repeated now.
    for (outage, is_good) in [
        (None, false),
        (outage(31, 1), true),
        (outage(31, 0), true),
        (outage(31, 11), false),
        (outage(20, 1), false),
    ] {
        let context = TestContext::new();
        let first = context.register("amina@example.com", patient()).tokens;
        context.refresh(first.refresh.expose()).unwrap();
        context.clock.advance(TimeDelta::seconds(30));
        context.store.report_outage(outage);
        assert_eq!(context.refresh(first.refresh.expose()).is_ok(), is_good, "{outage:?}");
    }
}

#[test]
fn a_reuse_does_not_affect_other_sessions() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens;
    let other = context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap().tokens;
    context.refresh(first.refresh.expose()).unwrap();
    context.clock.advance(GRACE);
    assert_eq!(refused(&context, first.refresh.expose()), TokenError::Reused);
    context.refresh(other.refresh.expose()).expect("another session");
}

#[test]
fn an_idle_session_expires_and_a_used_one_lives_until_its_absolute_end() {
    let context = TestContext::new();
    let mut tokens = context.register("amina@example.com", patient()).tokens;
    let step = LIFETIMES.idle.patient - TimeDelta::seconds(1);
    for _ in 0..30 {
        context.clock.advance(step);
        tokens = context.refresh(tokens.refresh.expose()).expect("used in time");
    }
    context.clock.advance(step);
    assert_eq!(refused(&context, tokens.refresh.expose()), TokenError::Expired, "30 days are over");
}

#[test]
fn a_doctors_session_ends_after_a_day_however_often_it_is_used() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", doctor()).tokens;
    context.clock.advance(TimeDelta::hours(23));
    let second = context.refresh(first.refresh.expose()).unwrap();
    context.clock.advance(TimeDelta::hours(1));
    assert_eq!(refused(&context, second.refresh.expose()), TokenError::Expired);
}

#[test]
fn the_first_refresh_after_an_approval_shows_it() {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", doctor());
    assert!(!context.claims(&registered.tokens.access).is_approved);
    let waiting = context.refresh(registered.tokens.refresh.expose()).unwrap();
    assert!(!context.claims(&waiting.access).is_approved);
    context.approve(&registered.account);
    let approved = context.refresh(waiting.refresh.expose()).unwrap();
    assert!(context.claims(&approved.access).is_approved);
}

#[test]
fn a_rejection_revokes_every_session() {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", doctor());
    context.reject(&registered.account);
    assert_eq!(refused(&context, registered.tokens.refresh.expose()), TokenError::SessionEnded);
}

#[test]
fn an_access_token_does_not_refresh() {
    let context = TestContext::new();
    let tokens = context.register("amina@example.com", patient()).tokens;
    assert_eq!(refused(&context, tokens.access.expose()), TokenError::WrongType);
    context.authenticate(tokens.access.expose()).unwrap();
}

#[test]
fn a_logout_revokes_the_session_and_may_be_repeated() {
    let context = TestContext::new();
    let tokens = context.register("amina@example.com", patient()).tokens;
    context.log_out(tokens.access.expose());
    let tokens = context.refresh(tokens.refresh.expose()).expect("an access token does not log out");
    context.log_out(tokens.refresh.expose());
    context.log_out(tokens.refresh.expose());
    context.log_out("no token");
    assert_eq!(refused(&context, tokens.refresh.expose()), TokenError::SessionEnded);
}
