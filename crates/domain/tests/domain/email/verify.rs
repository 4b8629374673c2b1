use chrono::TimeDelta;
use sihha_domain::email::{EmailError, VerifyEmail};
use sihha_domain::mail::{MailToken, MailTokenError};
use sihha_domain::password::PasswordError;
use sihha_domain::session::TokenError;
use sihha_domain::testing::{SequenceRandomness, email, patient};

use super::{
    Template, address, amina, change, changed, delivered, reset, reset_token, revert, subjects, suspend,
    token, verification_token, verify,
};
use crate::context::TestContext;

#[test]
fn the_link_of_a_mail_confirms_the_address_once() {
    let context = TestContext::new();
    let owner = amina(&context);
    let token = verification_token(&context, &owner);
    assert_eq!(address(&context, owner.id), ("amina@example.com".to_owned(), false));
    assert_eq!(verify(&context, &token), Ok(owner.id));
    assert_eq!(address(&context, owner.id), ("amina@example.com".to_owned(), true));
    assert_eq!(verify(&context, &token), Err(EmailError::Link(MailTokenError::Used)));
    assert!(delivered(&context).is_empty());
}

#[test]
fn nothing_is_sent_to_a_confirmed_address() {
    let context = TestContext::new();
    let owner = amina(&context);
    verify(&context, &verification_token(&context, &owner)).unwrap();
    context.clock.advance(TimeDelta::minutes(2));
    let caller = context.authenticate(&owner.access).unwrap();
    context.use_cases().send_verification.run(&caller).unwrap();
    assert_eq!(subjects(&context), []);
}

#[test]
fn a_link_that_is_not_good_has_a_reason_for_the_log() {
    let context = TestContext::new();
    let owner = amina(&context);
    let refused = |token: &MailToken| match verify(&context, token) {
        Err(EmailError::Link(reason)) => reason,
        other => panic!("{other:?}"),
    };
    let of_password = reset_token(&context);
    assert_eq!(refused(&of_password), MailTokenError::OtherPurpose);
    let first = verification_token(&context, &owner);
    context.clock.advance(TimeDelta::minutes(1));
    let second = verification_token(&context, &owner);
    assert_eq!(refused(&first), MailTokenError::Replaced);
    // The secret of one account with the id of another.
    let other = context.register("other@example.com", patient()).account.id;
    let stolen = MailToken::of_parts(other, second.expose_secret()).unwrap();
    assert_eq!(refused(&stolen), MailTokenError::Unknown);
    let forged = MailToken::generate(owner.id, &SequenceRandomness::starting_at(1_000_000));
    assert_eq!(refused(&forged), MailTokenError::Unknown);
    context.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let read = context.use_cases().read_mail_link.run(&second, &VerifyEmail::PURPOSES).unwrap();
    assert_eq!(read.unwrap().address, email("amina@example.com"));
    context.clock.advance(TimeDelta::seconds(1));
    assert_eq!(refused(&second), MailTokenError::Expired);
    assert!(!address(&context, owner.id).1);
}

#[test]
fn a_change_of_the_address_takes_effect_when_the_new_address_confirms() {
    let context = TestContext::new();
    let owner = amina(&context);
    change(&context, &owner, "new@example.com").unwrap();
    let confirm = token(&context, Template::ConfirmEmail);
    assert_eq!(address(&context, owner.id).0, "amina@example.com");
    assert_eq!(verify(&context, &confirm), Ok(owner.id));
    assert_eq!(address(&context, owner.id), ("new@example.com".to_owned(), true));
    assert_eq!(subjects(&context), [("amina@example.com".to_owned(), Template::EmailChanged)]);
    assert_eq!(verify(&context, &confirm), Err(EmailError::Link(MailTokenError::Used)));
}

#[test]
fn a_change_ends_the_links_that_were_sent_to_the_former_address() {
    let context = TestContext::new();
    let owner = amina(&context);
    let (of_password, of_address) = (reset_token(&context), verification_token(&context, &owner));
    changed(&context, &owner, "new@example.com");
    assert_eq!(verify(&context, &of_address), Err(EmailError::Link(MailTokenError::Replaced)));
    let replaced = PasswordError::Link(MailTokenError::Replaced);
    assert_eq!(reset(&context, &of_password, "a new password"), Err(replaced));
}

#[test]
fn an_address_that_is_taken_before_the_confirmation_changes_nothing() {
    let context = TestContext::new();
    let owner = amina(&context);
    change(&context, &owner, "new@example.com").unwrap();
    let confirm = token(&context, Template::ConfirmEmail);
    context.register("NEW@example.com", patient());
    delivered(&context);
    assert_eq!(verify(&context, &confirm), Err(EmailError::Taken));
    assert_eq!(address(&context, owner.id), ("amina@example.com".to_owned(), false));
    assert_eq!(subjects(&context), []);
}

#[test]
fn a_link_of_a_change_is_replaced_by_one_to_another_address_and_by_a_revert() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back = changed(&context, &owner, "b@example.com");
    change(&context, &owner, "c@example.com").unwrap();
    let to_c = token(&context, Template::ConfirmEmail);
    change(&context, &owner, "d@example.com").unwrap();
    let to_d = token(&context, Template::ConfirmEmail);
    assert_eq!(verify(&context, &to_c), Err(EmailError::Link(MailTokenError::Replaced)));
    revert(&context, &back).unwrap();
    assert_eq!(verify(&context, &to_d), Err(EmailError::Link(MailTokenError::Replaced)));
    assert_eq!(address(&context, owner.id).0, "amina@example.com");
}

#[test]
fn only_a_live_session_can_ask_for_the_mail() {
    let context = TestContext::new();
    let owner = amina(&context);
    let caller = context.authenticate(&owner.access).unwrap();
    suspend(&context, "amina@example.com");
    let outcome = context.use_cases().send_verification.run(&caller);
    assert_eq!(outcome, Err(EmailError::Token(TokenError::SessionEnded)));
    assert_eq!(subjects(&context), []);
}
