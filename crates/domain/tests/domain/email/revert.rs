use chrono::TimeDelta;
use sihha_domain::account::{AccountError, UniqueField};
use sihha_domain::clock::Clock as _;
use sihha_domain::email::EmailError;
use sihha_domain::mail::{DeliverMail, MailTokenError, Outbox};
use sihha_domain::rate_limit::RateKey;
use sihha_domain::store::Store as _;
use sihha_domain::testing::{email, patient};

use super::{Template, address, amina, changed, delivered, reset, revert, token};
use crate::context::{PASSWORD, TestContext, registration};

#[test]
fn a_revert_restores_the_address_revokes_all_sessions_and_offers_a_new_password() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back = changed(&context, &owner, "thief@example.com");
    assert!(context.live_sessions(owner.id) > 0);
    assert_eq!(revert(&context, &back), Ok(owner.id));
    assert_eq!(address(&context, owner.id), ("amina@example.com".to_owned(), true));
    assert_eq!(context.live_sessions(owner.id), 0);
    // Else a thief who knows the password would change the address again.
    assert!(context.log_in(None, "amina@example.com", PASSWORD).is_err());
    let mails = delivered(&context);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.to.as_str(), "amina@example.com");
    reset(&context, mail.content.token().unwrap(), "a new password").unwrap();
    assert_eq!(revert(&context, &back), Err(EmailError::Link(MailTokenError::Used)));
}

#[test]
fn the_first_address_gets_the_account_back_after_several_changes() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back_to_a = changed(&context, &owner, "b@example.com");
    context.clock.advance(TimeDelta::minutes(1));
    let back_to_b = changed(&context, &owner, "c@example.com");
    revert(&context, &back_to_a).unwrap();
    assert_eq!(address(&context, owner.id).0, "amina@example.com");
    // Else a thief with the address b would get the account again.
    assert_eq!(revert(&context, &back_to_b), Err(EmailError::Link(MailTokenError::Replaced)));
}

#[test]
fn a_revert_to_a_later_address_does_not_end_the_link_of_an_earlier_one() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back_to_a = changed(&context, &owner, "b@example.com");
    context.clock.advance(TimeDelta::minutes(1));
    let back_to_b = changed(&context, &owner, "c@example.com");
    revert(&context, &back_to_b).unwrap();
    assert_eq!(address(&context, owner.id).0, "b@example.com");
    revert(&context, &back_to_a).unwrap();
    assert_eq!(address(&context, owner.id).0, "amina@example.com");
}

#[test]
fn a_revert_works_for_seven_days_and_the_address_is_reserved_as_long() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back = changed(&context, &owner, "new@example.com");
    let taken = || {
        let mut other = registration("other@example.com", patient());
        other.profile.email = email("Amina@example.com");
        context.try_register(other)
    };
    context.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    context.use_cases().purge_mail.batch().unwrap();
    assert_eq!(taken().unwrap_err(), AccountError::Taken(UniqueField::Email));
    context.clock.advance(TimeDelta::seconds(2));
    assert_eq!(revert(&context, &back), Err(EmailError::Link(MailTokenError::Expired)));
    context.use_cases().purge_mail.batch().unwrap();
    taken().expect("the address is free");
}

#[test]
fn the_address_that_lost_the_account_is_free() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back = changed(&context, &owner, "typo@example.com");
    revert(&context, &back).unwrap();
    context.register("typo@example.com", patient());
}

#[test]
fn the_link_that_takes_a_change_back_is_not_suppressed_by_many_notices() {
    let context = TestContext::new();
    let owner = amina(&context);
    let (mut store, now) = (context.store.autocommit().unwrap(), context.clock.now());
    let key = RateKey::new("notice", "amina@example.com");
    while store.rate_limits().take(&key, DeliverMail::NOTICES, now).unwrap() {}
    drop(store);
    let back = changed(&context, &owner, "thief@example.com");
    revert(&context, &back).unwrap();
}

#[test]
fn a_revert_is_not_prevented_by_limits_on_mail() {
    let context = TestContext::new();
    let owner = amina(&context);
    let back = changed(&context, &owner, "thief@example.com");
    let (mut store, now) = (context.store.autocommit().unwrap(), context.clock.now());
    let key = Outbox::rate_key(&email("amina@example.com"));
    while store.rate_limits().take(&key, Outbox::MAILS, now).unwrap() {}
    drop(store);
    revert(&context, &back).unwrap();
    token(&context, Template::ResetPassword);
}
