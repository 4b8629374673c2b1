use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::account::Role;
use sihha_domain::email::EmailError;
use sihha_domain::mail::{MailToken, MailTokenError};
use sihha_domain::password::{HashError, Password, PasswordError, PasswordHash, PasswordHasher};
use sihha_domain::password::{PasswordReset, VerifyOutcome};
use sihha_domain::session::{ClientInfo, SessionError};

use super::{
    Template, address, amina, change, reset, reset_token, subjects, token, verification_token, verify,
};
use crate::context::{PASSWORD, TestContext};

const NEW: &str = "كلمة سر جديدة";

#[test]
fn the_link_sets_a_password_once_revokes_all_sessions_and_confirms_the_address() {
    let context = TestContext::new();
    let owner = amina(&context);
    let token = reset_token(&context);
    assert_eq!(reset(&context, &token, NEW), Ok(owner.id));
    assert_eq!(context.live_sessions(owner.id), 0);
    assert_eq!(address(&context, owner.id), ("amina@example.com".to_owned(), true));
    assert_eq!(subjects(&context), [("amina@example.com".to_owned(), Template::PasswordChanged)]);
    let refused = context.log_in(Role::Patient, "amina@example.com", PASSWORD).unwrap_err();
    assert_eq!(refused, SessionError::WrongCredentials);
    context.log_in(Role::Patient, "amina@example.com", NEW).unwrap();
    assert_eq!(reset(&context, &token, PASSWORD), Err(PasswordError::Link(MailTokenError::Used)));
    context.log_in(Role::Patient, "amina@example.com", NEW).unwrap();
}

#[test]
fn nothing_is_hashed_for_a_token_that_is_not_good() {
    let context = TestContext::new();
    let owner = amina(&context);
    let of_address = verification_token(&context, &owner);
    let good = reset_token(&context);
    let unknown = MailToken::of_parts(owner.id, &"0".repeat(64)).unwrap();
    let hashed = context.hasher.counts();
    let refused = |token: &MailToken| reset(&context, token, NEW).unwrap_err();
    assert_eq!(refused(&of_address), PasswordError::Link(MailTokenError::OtherPurpose));
    assert_eq!(refused(&unknown), PasswordError::Link(MailTokenError::Unknown));
    context.clock.advance(TimeDelta::minutes(30));
    assert_eq!(refused(&good), PasswordError::Link(MailTokenError::Expired));
    assert_eq!(context.hasher.counts(), hashed);
}

#[test]
fn a_reset_ends_the_other_links_that_somebody_with_the_password_asked_for() {
    let context = TestContext::new();
    let owner = amina(&context);
    change(&context, &owner, "thief@example.com").unwrap();
    let confirm = token(&context, Template::ConfirmEmail);
    reset(&context, &reset_token(&context), NEW).unwrap();
    let replaced = EmailError::Link(MailTokenError::Replaced);
    assert_eq!(verify(&context, &confirm), Err(replaced));
}

/// Another request uses the token while this one hashes.
struct Overtaken(TestContext, MailToken);

impl PasswordHasher for Overtaken {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        reset(&self.0, &self.1, "the first one").expect("set");
        self.0.hasher.hash(password)
    }

    fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        Ok(VerifyOutcome::Wrong)
    }
}

#[test]
fn of_two_simultaneous_resets_with_one_token_the_first_wins() {
    let context = TestContext::new();
    amina(&context);
    let token = reset_token(&context);
    let hasher = Arc::new(Overtaken(context, token.clone()));
    let use_cases = hasher.0.use_cases_with(hasher.0.store.clone(), hasher.clone());
    let second = PasswordReset {
        token,
        new: Password::parse("the second one").unwrap(),
        client: ClientInfo::default(),
    };
    let outcome = use_cases.reset_password.run(&second, &|| false);
    assert_eq!(outcome, Err(PasswordError::Link(MailTokenError::Used)));
    hasher.0.log_in(Role::Patient, "amina@example.com", "the first one").unwrap();
}

#[test]
fn a_client_that_has_gone_changes_nothing() {
    let context = TestContext::new();
    amina(&context);
    let token = reset_token(&context);
    let request = PasswordReset {
        token: token.clone(),
        new: Password::parse(NEW).unwrap(),
        client: ClientInfo::default(),
    };
    let outcome = context.use_cases().reset_password.run(&request, &|| true);
    assert_eq!(outcome, Err(PasswordError::ClientGone));
    reset(&context, &token, NEW).unwrap();
}
