use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountError, Registered, Registration, UniqueField};
use sihha_domain::password::Password;
use sihha_domain::testing::{doctor, hospital, patient};

use super::request;
use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD, registration};
use crate::suspension::suspend;

const EMAIL: &str = "doctor@example.com";

/// Registers the doctor with the key `k` and this body.
fn register(context: &TestContext, body: &str) -> Result<Registered, AccountError> {
    context.try_register_as(registration(EMAIL, doctor()), Some(&request("k", body)))
}

fn assert_taken(outcome: &Result<Registered, AccountError>) {
    assert!(matches!(outcome, Err(AccountError::Taken(UniqueField::Email))), "{outcome:?}");
}

fn assert_reused(outcome: &Result<Registered, AccountError>) {
    assert!(matches!(outcome, Err(AccountError::KeyReused)), "{outcome:?}");
}

fn registered(context: &TestContext) -> Account {
    register(context, "doctor").expect("registered").account
}

#[test]
fn a_repeated_registration_returns_the_account_with_tokens_of_a_new_session() {
    let context = TestContext::new();
    let first = register(&context, "doctor").expect("registered");
    let second = register(&context, "doctor").expect("repeated");
    assert_eq!(second.account, first.account);
    let sessions = [&first, &second].map(|one| context.claims(&one.tokens.access).session);
    assert_ne!(sessions[0], sessions[1]);
    assert_eq!(context.live_sessions(first.account.id), 2);
    assert_eq!(context.mail().len(), 1, "only the first one sends a mail");
    for one in [first, second] {
        assert!(context.read_own(one.tokens.access.expose()).is_ok());
        assert!(context.refresh(one.tokens.refresh.expose()).is_ok());
    }
}

#[test]
fn a_repetition_shows_the_account_as_it_is_now() {
    let context = TestContext::new();
    let account = registered(&context);
    context.approve(&account);
    let repeated = register(&context, "doctor").expect("repeated");
    assert!(repeated.account.is_approved());
    assert!(context.claims(&repeated.tokens.access).is_approved);
}

#[test]
fn a_key_that_was_used_for_another_registration_is_refused() {
    let context = TestContext::new();
    registered(&context);
    assert_reused(&register(&context, "another content"));
    let another = registration(EMAIL, doctor());
    let password = Password::parse(WRONG_PASSWORD).expect("valid");
    let another = Registration { password, ..another };
    assert_reused(&context.try_register_as(another, Some(&request("k", "doctor"))));
}

#[test]
fn without_its_key_a_registration_is_not_repeated() {
    let context = TestContext::new();
    registered(&context);
    assert_taken(&context.try_register(registration(EMAIL, doctor())));
    let other_key = request("another-key", "doctor");
    assert_taken(&context.try_register_as(registration(EMAIL, doctor()), Some(&other_key)));
    let other_role = context.try_register_as(registration(EMAIL, hospital()), Some(&request("k", "doctor")));
    assert_taken(&other_role);
}

#[test]
fn callers_have_keys_of_their_own() {
    let context = TestContext::new();
    registered(&context);
    let other = registration("amina@example.com", patient());
    context.try_register_as(other, Some(&request("k", "amina"))).expect("registered");
}

#[test]
fn a_registration_that_failed_may_be_corrected_with_the_same_key() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).account;
    let mut taken = registration(EMAIL, doctor());
    taken.profile.carte_id = first.profile.carte_id;
    let outcome = context.try_register_as(taken, Some(&request("k", "wrong card")));
    assert!(matches!(outcome, Err(AccountError::Taken(UniqueField::CarteId))), "{outcome:?}");
    assert!(register(&context, "right card").is_ok());
}

#[test]
fn a_registration_is_repeated_for_a_day() {
    let context = TestContext::new();
    registered(&context);
    context.clock.advance(TimeDelta::hours(24));
    assert!(register(&context, "doctor").is_ok());
    context.clock.advance(TimeDelta::seconds(1));
    assert_taken(&register(&context, "doctor"));
}

#[test]
fn a_repetition_opens_no_session_after_all_sessions_were_revoked() {
    let revocations: [fn(&TestContext, &Registered); 3] = [
        |context, first| {
            context.change_password(first.tokens.access.expose(), PASSWORD, "another one").expect("changed");
        },
        |context, first| _ = context.reject(&first.account),
        |context, _| _ = suspend(context, EMAIL),
    ];
    for revoke in revocations {
        let context = TestContext::new();
        let first = register(&context, "doctor").expect("registered");
        revoke(&context, &first);
        let sessions = context.live_sessions(first.account.id);
        assert_taken(&register(&context, "doctor"));
        assert_reused(&register(&context, "another content"));
        assert_eq!(context.live_sessions(first.account.id), sessions);
    }
}
