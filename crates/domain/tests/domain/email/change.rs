use chrono::TimeDelta;
use sihha_domain::email::EmailError;
use sihha_domain::mail::{MailTokenError, TokenPurpose};
use sihha_domain::testing::patient;

use super::{
    Owner, Template, access, address, amina, change, change_with, changed, delivered, request, subjects,
    token, verify,
};
use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD};

#[test]
fn a_wrong_password_and_the_present_address_are_refused() {
    let context = TestContext::new();
    let owner = amina(&context);
    let wrong = change_with(&context, &owner, "new@example.com", WRONG_PASSWORD);
    assert_eq!(wrong, Err(EmailError::WrongPassword));
    assert_eq!(change(&context, &owner, "amina@example.com"), Err(EmailError::Unchanged));
    assert_eq!(subjects(&context), []);
}

#[test]
fn the_owner_of_a_taken_address_gets_a_notice_and_the_caller_learns_nothing() {
    let context = TestContext::new();
    context.register("taken@example.com", patient());
    let owner = amina(&context);
    assert_eq!(change(&context, &owner, "Taken@example.com"), Ok(()));
    assert_eq!(subjects(&context), [("taken@example.com".to_owned(), Template::EmailTaken)]);
}

#[test]
fn requests_for_a_taken_address_do_not_use_up_the_mails_of_its_owner() {
    let context = TestContext::new();
    context.register("taken@example.com", patient());
    let owner = amina(&context);
    for _ in 0..5 {
        change(&context, &owner, "taken@example.com").unwrap();
    }
    assert_eq!(subjects(&context), [("taken@example.com".to_owned(), Template::EmailTaken)]);
    request(&context, TokenPurpose::ResetPassword, "taken@example.com");
    token(&context, Template::ResetPassword);
}

#[test]
fn the_case_of_the_address_can_be_changed() {
    let context = TestContext::new();
    let owner = amina(&context);
    changed(&context, &owner, "Amina@example.com");
    assert_eq!(address(&context, owner.id), ("Amina@example.com".to_owned(), true));
}

#[test]
fn an_account_can_return_to_an_address_that_is_reserved_for_it() {
    let context = TestContext::new();
    let owner = amina(&context);
    changed(&context, &owner, "new@example.com");
    changed(&context, &owner, "amina@example.com");
    assert_eq!(address(&context, owner.id).0, "amina@example.com");
}

#[test]
fn another_account_cannot_take_an_address_that_is_reserved() {
    let context = TestContext::new();
    let owner = amina(&context);
    changed(&context, &owner, "new@example.com");
    context.register("other@example.com", patient());
    delivered(&context);
    let other = Owner { access: access(&context, "other@example.com"), ..owner };
    delivered(&context);
    change(&context, &other, "amina@example.com").unwrap();
    let confirm = token(&context, Template::ConfirmEmail);
    assert_eq!(verify(&context, &confirm), Err(EmailError::Taken));
}

#[test]
fn beyond_a_limit_nothing_is_sent_and_the_earlier_link_stays_valid() {
    let context = TestContext::new();
    let owner = amina(&context);
    change(&context, &owner, "new@example.com").unwrap();
    let first = token(&context, Template::ConfirmEmail);
    change(&context, &owner, "new@example.com").unwrap();
    assert_eq!(subjects(&context), []);
    // Each account can send to five addresses an hour.
    for number in 0..5 {
        change(&context, &owner, &format!("n{number}@example.com")).unwrap();
    }
    assert_eq!(subjects(&context).len(), 4);
    assert_eq!(verify(&context, &first), Err(EmailError::Link(MailTokenError::Replaced)));
    context.clock.advance(TimeDelta::hours(1));
    let later = Owner { access: access(&context, "amina@example.com"), ..owner };
    delivered(&context);
    change(&context, &later, "last@example.com").unwrap();
    verify(&context, &token(&context, Template::ConfirmEmail)).unwrap();
}

#[test]
fn a_change_of_the_password_ends_the_link_that_a_thief_asked_for() {
    let context = TestContext::new();
    let owner = amina(&context);
    change(&context, &owner, "thief@example.com").unwrap();
    let confirm = token(&context, Template::ConfirmEmail);
    context.change_password(&owner.access, PASSWORD, "another long one").unwrap();
    assert_eq!(verify(&context, &confirm), Err(EmailError::Link(MailTokenError::Replaced)));
}
