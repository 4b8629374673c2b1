//! Delivery while the store fails, or while others deliver as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::clock::Clock;
use sihha_domain::mail::{Addressee, Content, DeliveryError, DeliveryState, Outbox};
use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};
use sihha_domain::testing::patient;

use crate::context::TestContext;

type Happens = dyn Fn(&TestContext) -> Result<(), StoreError> + Send + Sync;

/// The context's store. Something happens before each use.
struct Watched {
    context: Arc<TestContext>,
    happens: Box<Happens>,
}

impl Store for Watched {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        (self.happens)(&self.context)?;
        self.context.store.autocommit()
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.context.store.begin()
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.context.store.ping()
    }

    fn last_outage(&self) -> Option<Outage> {
        None
    }
}

/// Returns a context with some messages that wait.
fn with_messages(number: u64) -> Arc<TestContext> {
    let context = TestContext::new();
    let account: Account = context.register("amina@example.com", patient()).account;
    deliver(&context);
    context.mailer.take();
    let outbox = Outbox { secret_box: context.secret_box.clone(), randomness: context.randomness.clone() };
    let mut store = context.store.autocommit().expect("open");
    for _ in 0..number {
        let owner = Addressee::from(&account);
        outbox.send(&mut *store, &owner, &Content::approved(), context.clock.now()).expect("added");
    }
    drop(store);
    Arc::new(context)
}

fn deliver(context: &TestContext) {
    while context.use_cases().deliver_mail.batch(&|| false).expect("the outbox is readable") > 0 {}
}

fn watched(
    context: &Arc<TestContext>,
    happens: impl Fn(&TestContext) -> Result<(), StoreError> + Send + Sync + 'static,
) -> Arc<Watched> {
    Arc::new(Watched { context: context.clone(), happens: Box::new(happens) })
}

#[test]
fn a_message_that_was_sent_while_the_store_failed_is_not_sent_again() {
    let context = with_messages(1);
    let (sent, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, ended) = (sent.clone(), is_over.clone());
    let store = watched(&context, move |context| {
        counted.fetch_add(context.mailer.take().len(), Relaxed);
        let is_available = counted.load(Relaxed) == 0 || ended.load(Relaxed);
        if is_available { Ok(()) } else { Err(StoreError::Unavailable("restarting".into())) }
    });
    let sent_at = context.clock.now();
    let deliver = context.use_cases_with(store, context.hasher.clone()).deliver_mail;
    for _ in 0..3 {
        deliver.batch(&|| false).expect_err("the store is unavailable");
        context.clock.advance(TimeDelta::minutes(1));
    }
    is_over.store(true, Relaxed);
    assert_eq!(deliver.batch(&|| false), Ok(0));
    assert_eq!((sent.load(Relaxed), context.mailer.take().len()), (1, 0));
    let record = context.use_cases().list_mail.page(None, None, 1).expect("readable").remove(0);
    assert_eq!((record.state, record.finished_at), (DeliveryState::Sent, Some(sent_at)));
}

#[test]
fn an_operator_retries_each_message_once_even_if_it_fails_again_meanwhile() {
    let context = with_messages(3);
    context.mailer.fail_with(Some(DeliveryError::Permanent("550 no such user".to_owned())));
    deliver(&context);
    let store = watched(&context, |context| {
        deliver(context);
        Ok(())
    });
    let retry = context.use_cases_with(store, context.hasher.clone()).retry_mail;
    assert_eq!(retry.run(None), Ok(3));
    deliver(&context);
    let records = context.use_cases().list_mail.page(Some(DeliveryState::Dead), None, 3).expect("readable");
    assert_eq!(records.iter().map(|record| record.attempts).collect::<Vec<_>>(), [2, 2, 2]);
}
