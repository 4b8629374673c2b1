//! Requests of people without a session.

use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::mail::TokenPurpose::{ResetPassword, VerifyEmail};
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::testing::doctor;

use super::{
    Template, amina, delivered, request, reset, reset_token, subjects, suspend, verification_token, verify,
};
use crate::context::TestContext;

#[test]
fn an_unknown_and_a_suspended_address_get_no_mail_and_a_waiting_applicant_does() {
    let context = TestContext::new();
    amina(&context);
    context.register("doctor@example.com", doctor());
    suspend(&context, "amina@example.com");
    context.clock.advance(TimeDelta::hours(2));
    for purpose in [ResetPassword, VerifyEmail] {
        for address in ["amina@example.com", "nobody@example.com", "Doctor@example.com"] {
            request(&context, purpose, address);
        }
    }
    let to = "doctor@example.com".to_owned();
    assert_eq!(subjects(&context), [(to.clone(), Template::ResetPassword), (to, Template::VerifyEmail)]);
}

#[test]
fn a_confirmed_address_gets_no_other_mail_to_confirm_it() {
    let context = TestContext::new();
    let owner = amina(&context);
    verify(&context, &verification_token(&context, &owner)).unwrap();
    context.clock.advance(TimeDelta::minutes(2));
    request(&context, VerifyEmail, "amina@example.com");
    assert_eq!(subjects(&context), []);
}

#[test]
fn requests_to_confirm_an_address_leave_mails_for_a_forgotten_password() {
    let context = TestContext::new();
    amina(&context);
    let sent = (0..5).flat_map(|_| {
        context.clock.advance(TimeDelta::minutes(1));
        request(&context, VerifyEmail, "amina@example.com");
        subjects(&context)
    });
    assert_eq!(sent.count(), 3);
    reset_token(&context);
}

#[test]
fn an_account_gets_one_mail_a_minute_and_five_an_hour_and_the_last_link_stays_valid() {
    let context = TestContext::new();
    amina(&context);
    let mut token = reset_token(&context);
    request(&context, ResetPassword, "amina@example.com");
    assert_eq!(subjects(&context), [], "within a minute");
    for _ in 0..4 {
        context.clock.advance(TimeDelta::minutes(1));
        token = reset_token(&context);
    }
    context.clock.advance(TimeDelta::minutes(1));
    request(&context, ResetPassword, "amina@example.com");
    assert_eq!(subjects(&context), [], "the sixth");
    reset(&context, &token, "a new password").unwrap();
    context.clock.advance(TimeDelta::minutes(55));
    delivered(&context);
    reset_token(&context);
}

#[test]
fn without_a_secret_key_nothing_is_sent_and_no_earlier_link_ends() {
    let context = TestContext::new();
    amina(&context);
    let token = reset_token(&context);
    context.clock.advance(TimeDelta::minutes(1));
    let context = TestContext { secret_box: Arc::new(NoSecretKey), ..context };
    request(&context, ResetPassword, "amina@example.com");
    assert_eq!(subjects(&context), []);
    reset(&context, &token, "a new password").unwrap();
}

#[test]
fn a_link_that_was_made_while_the_clock_was_wrong_delays_no_other() {
    let context = TestContext::new();
    amina(&context);
    context.clock.advance(TimeDelta::days(365));
    reset_token(&context);
    context.clock.advance(-TimeDelta::days(365));
    let token = reset_token(&context);
    reset(&context, &token, "another password").expect("the newer link is valid");
}
