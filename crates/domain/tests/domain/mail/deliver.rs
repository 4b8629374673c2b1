use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::clock::Clock;
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::{
    Addressee, Content, DeliveryError, DeliveryState, MailRecord, MailToken, Outbox, OutgoingMail, Template,
};
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::store::{Store, StoreError};
use sihha_domain::testing::{self, SequenceRandomness};

use crate::context::TestContext;

/// A context with one account, whose own messages were delivered.
fn context() -> (TestContext, Account) {
    let context = TestContext::new();
    let account = context.register("amina@example.com", testing::patient()).account;
    deliver(&context);
    context.clock.advance(TimeDelta::hours(2));
    (context, account)
}

fn outbox(context: &TestContext) -> Outbox {
    Outbox { secret_box: context.secret_box.clone(), randomness: context.randomness.clone() }
}

fn send(context: &TestContext, account: &Account, mail: &Content) {
    let mut store = context.store.autocommit().expect("open");
    outbox(context).send(&mut *store, &Addressee::from(account), mail, context.clock.now()).expect("added");
}

/// Runs the background job, and returns what was delivered.
fn deliver(context: &TestContext) -> Vec<OutgoingMail> {
    let deliver = context.use_cases().deliver_mail;
    while deliver.batch(&|| false).expect("the outbox is readable") > 0 {}
    context.mailer.take()
}

fn templates(delivered: &[OutgoingMail]) -> Vec<Template> {
    delivered.iter().map(|mail| mail.content.template()).collect()
}

/// Returns the newest message as operators see it.
fn newest(context: &TestContext) -> MailRecord {
    context.use_cases().list_mail.page(None, None, 1).expect("readable").pop().expect("a message")
}

fn temporary() -> DeliveryError {
    DeliveryError::Temporary("451 try later".to_owned())
}

fn token(id: ProfileId) -> MailToken {
    MailToken::generate(id, &SequenceRandomness::starting_at(7))
}

#[test]
fn a_message_is_delivered_once_with_its_link() {
    let (context, account) = context();
    let token = token(account.id);
    send(&context, &account, &Content::reset_password(token.clone()));
    let delivered = deliver(&context);
    assert_eq!(templates(&delivered), [Template::ResetPassword]);
    let mail = &delivered[0];
    assert_eq!((&mail.to, mail.language), (&account.profile.email, account.profile.language));
    assert_eq!(mail.content.token().expect("a link").expose(), token.expose());
    assert_eq!(newest(&context).state, DeliveryState::Sent);
    assert!(deliver(&context).is_empty());
}

#[test]
fn a_service_that_stops_begins_no_further_delivery() {
    let (context, account) = context();
    for mail in [Content::approved(), Content::reinstated(), Content::changes_accepted()] {
        send(&context, &account, &mail);
    }
    let begun = std::cell::Cell::new(0);
    let must_stop = || begun.replace(begun.get() + 1) == 2;
    assert_eq!(context.use_cases().deliver_mail.batch(&must_stop), Ok(2));
    assert_eq!(templates(&context.mailer.take()), [Template::Approved, Template::Reinstated]);
    assert_eq!(templates(&deliver(&context)), [Template::ChangesAccepted]);
}

#[test]
fn the_stored_message_does_not_show_the_secret() {
    let (context, account) = context();
    let token = token(account.id);
    let mail = Content::verify_email(token.clone());
    send(&context, &account, &mail);
    context.mailer.fail_with(Some(temporary()));
    deliver(&context);
    assert!(!format!("{:?} {mail:?}", newest(&context)).contains(token.expose_secret()));
}

#[test]
fn a_temporary_failure_is_tried_again_after_30_seconds_and_then_less_and_less_often() {
    let (context, account) = context();
    context.mailer.fail_with(Some(temporary()));
    send(&context, &account, &Content::approved());
    let mut waits = Vec::new();
    for attempt in 1..=12 {
        deliver(&context);
        let record = newest(&context);
        assert_eq!((record.state, record.attempts), (DeliveryState::Queued, attempt));
        assert_eq!(record.last_error.as_deref(), Some("451 try later"));
        let wait = record.next_attempt_at - context.clock.now();
        waits.push(wait);
        context.clock.advance(wait - TimeDelta::microseconds(1));
        deliver(&context);
        assert_eq!(newest(&context).attempts, attempt, "it is not tried earlier");
        context.clock.advance(TimeDelta::microseconds(1));
    }
    for (wait, exact) in waits.iter().zip([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
        let (least, most) = (TimeDelta::seconds(exact * 8 / 10), TimeDelta::seconds(exact * 12 / 10));
        assert!((least..=most).contains(wait), "{wait} instead of {exact} s, give or take a fifth");
    }
    context.mailer.fail_with(None);
    assert_eq!(templates(&deliver(&context)), [Template::Approved]);
}

#[test]
fn a_message_is_given_up_after_a_day_and_an_operator_tries_it_again() {
    let (context, account) = context();
    context.mailer.fail_with(Some(temporary()));
    send(&context, &account, &Content::approved());
    for _ in 0..60 {
        deliver(&context);
        context.clock.advance(TimeDelta::minutes(30));
    }
    let record = newest(&context);
    assert_eq!(record.state, DeliveryState::Dead);
    let tried_for = record.finished_at.expect("finished") - record.message.queued_at;
    assert!((TimeDelta::hours(22)..=TimeDelta::hours(24)).contains(&tried_for), "{tried_for}");
    context.mailer.fail_with(None);
    assert!(deliver(&context).is_empty());
    assert_eq!(context.use_cases().retry_mail.run(None), Ok(1));
    assert_eq!(templates(&deliver(&context)), [Template::Approved]);
}

#[test]
fn a_message_that_waited_for_days_is_tried_once() {
    let (context, account) = context();
    send(&context, &account, &Content::approved());
    send(&context, &account, &Content::reinstated());
    context.clock.advance(TimeDelta::days(3));
    assert_eq!(context.use_cases().deliver_mail.batch(&|| context.mailer.take().len() == 1), Ok(1));
    context.mailer.fail_with(Some(temporary()));
    deliver(&context);
    context.mailer.fail_with(None);
    context.clock.advance(TimeDelta::hours(2));
    assert!(deliver(&context).is_empty());
    let states = context.use_cases().list_mail.page(None, None, 2).expect("readable");
    let states: Vec<_> = states.iter().map(|record| (record.state, record.attempts)).collect();
    assert_eq!(states, [(DeliveryState::Dead, 1), (DeliveryState::Sent, 1)]);
}

#[test]
fn a_permanent_failure_is_not_tried_again() {
    let (context, account) = context();
    context.mailer.fail_with(Some(DeliveryError::Permanent("550 no such user".to_owned())));
    send(&context, &account, &Content::approved());
    deliver(&context);
    let record = newest(&context);
    assert_eq!((record.state, record.attempts), (DeliveryState::Dead, 1));
    assert_eq!(record.last_error.as_deref(), Some("550 no such user"));
    let found = context.use_cases().show_mail.run(record.message.id);
    assert_eq!(found, Ok(Some(record)));
}

#[test]
fn a_message_whose_link_has_expired_is_neither_delivered_nor_retried() {
    let (context, account) = context();
    context.mailer.fail_with(Some(temporary()));
    send(&context, &account, &Content::reset_password(token(account.id)));
    deliver(&context);
    context.clock.advance(TimeDelta::minutes(30));
    context.mailer.fail_with(None);
    assert!(deliver(&context).is_empty());
    assert_eq!(newest(&context).state, DeliveryState::Dead);
    assert_eq!(context.use_cases().retry_mail.run(None), Ok(0));
}

#[test]
fn notices_beyond_20_an_hour_are_replaced_by_one_summary() {
    let (context, account) = context();
    for _ in 0..30 {
        send(&context, &account, &Content::approved());
    }
    send(&context, &account, &Content::reset_password(token(account.id)));
    let delivered = templates(&deliver(&context));
    let count = |template| delivered.iter().filter(|delivered| **delivered == template).count();
    assert_eq!(count(Template::Approved), 20);
    assert_eq!([count(Template::ManyNotices), count(Template::ResetPassword)], [1, 1]);
    let suppressed = context.use_cases().list_mail.page(Some(DeliveryState::Suppressed), None, 99);
    assert_eq!(suppressed.expect("readable").len(), 10);
    context.clock.advance(TimeDelta::hours(1));
    send(&context, &account, &Content::rejected(None, None));
    assert_eq!(templates(&deliver(&context)), [Template::Rejected]);
}

#[test]
fn a_summary_that_was_not_stored_comes_with_the_next_notice() {
    let (context, account) = context();
    for _ in 0..22 {
        send(&context, &account, &Content::approved());
    }
    context.store.fail_commits([StoreError::Unexpected("the disk is full".to_owned())]);
    context.use_cases().deliver_mail.batch(&|| false).expect_err("the first summary");
    let delivered = templates(&deliver(&context));
    assert_eq!(delivered.iter().filter(|template| **template == Template::ManyNotices).count(), 1);
}

#[test]
fn a_notice_that_is_tried_again_counts_once() {
    let (context, account) = context();
    context.mailer.fail_with(Some(temporary()));
    send(&context, &account, &Content::approved());
    for _ in 0..5 {
        deliver(&context);
        context.clock.advance(TimeDelta::minutes(9));
    }
    context.mailer.fail_with(None);
    for _ in 0..19 {
        send(&context, &account, &Content::reinstated());
    }
    context.clock.advance(TimeDelta::minutes(9));
    assert_eq!(deliver(&context).len(), 20);
}

#[test]
fn without_a_secret_key_messages_with_links_are_not_added_and_others_are() {
    let (context, account) = context();
    let outbox = Outbox { secret_box: Arc::new(NoSecretKey), randomness: context.randomness.clone() };
    let now = context.clock.now();
    let mut store = context.store.autocommit().expect("open");
    for content in [Content::verify_email(token(account.id)), Content::approved()] {
        outbox.notify(&mut *store, account.id, &content, now).expect("added");
    }
    drop(store);
    assert!(!outbox.has_key());
    assert_eq!(templates(&deliver(&context)), [Template::Approved]);
}

#[test]
fn a_message_sealed_with_another_key_is_given_up() {
    let (context, account) = context();
    send(&context, &account, &Content::verify_email(token(account.id)));
    let other = TestContext { secret_box: Arc::new(NoSecretKey), ..context };
    assert!(deliver(&other).is_empty());
    let record = newest(&other);
    assert_eq!(record.state, DeliveryState::Dead);
    assert!(record.last_error.is_some_and(|error| error.contains("no key")));
}
