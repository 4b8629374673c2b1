use chrono::TimeDelta;
use sihha_domain::account::AccountError;
use sihha_domain::clock::Clock;
use sihha_domain::mail::{Addressee, Content, DeliveryState, MailToken, Outbox, TokenPurpose};
use sihha_domain::store::{Store, in_transaction};
use sihha_domain::testing::{self, email};

use crate::context::{TestContext, registration};

fn purge(context: &TestContext) {
    let purge = context.use_cases().purge_mail;
    while purge.batch().expect("purged") > 0 {}
}

#[test]
fn messages_are_listed_for_30_days_after_they_were_sent() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", testing::patient()).account;
    let outbox = Outbox { secret_box: context.secret_box.clone(), randomness: context.randomness.clone() };
    let mut store = context.store.autocommit().expect("open");
    let addressee = Addressee::from(&account);
    outbox.send(&mut *store, &addressee, &Content::approved(), context.clock.now()).expect("added");
    drop(store);
    while context.use_cases().deliver_mail.batch(&|| false).expect("readable") > 0 {}
    let sent = || context.use_cases().list_mail.page(Some(DeliveryState::Sent), None, 99).expect("readable");
    context.clock.advance(TimeDelta::days(30));
    purge(&context);
    assert!(!sent().is_empty());
    context.clock.advance(TimeDelta::microseconds(1));
    purge(&context);
    assert_eq!(sent(), []);
}

#[test]
fn a_former_address_is_free_when_the_link_that_takes_the_change_back_expires() {
    let context = TestContext::new();
    let account = context.register("amina@example.com", testing::patient()).account;
    let now = context.clock.now();
    let outbox = Outbox { secret_box: context.secret_box.clone(), randomness: context.randomness.clone() };
    let (old, new) = (&account.profile.email, email("amina@example.dz"));
    let (_, token): (MailToken, _) = outbox.new_token(account.id, TokenPurpose::RevertEmail, old, now);
    let changed = in_transaction(&*context.store, |transaction| {
        let changed = transaction.accounts().change_email(account.id, old, &new, now)?;
        transaction.mail_tokens().add(&token)?;
        Ok::<_, AccountError>(changed)
    });
    assert_eq!(changed, Ok(true));
    let register = || {
        let mut other = registration("amina@example.com", testing::patient());
        other.profile.carte_id = "another".parse().expect("a card number");
        other.profile.identifiers = sihha_domain::identifier::Identifiers::default();
        context.try_register(other).map(|_| ())
    };
    context.clock.advance(TimeDelta::days(7));
    purge(&context);
    assert!(matches!(register(), Err(AccountError::Taken(_))));
    context.clock.advance(TimeDelta::microseconds(1));
    purge(&context);
    assert_eq!(register(), Ok(()));
}
