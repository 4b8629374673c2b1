//! Messages that wait for delivery.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, hash, insert_all};
use crate::account::{Account, NewAccount};
use crate::ids::{MessageId, ProfileId};
use crate::mail::{
    Addressee, DeliveryOutcome, DeliveryState, LeasedMessage, MailRecord, Message, Outbox, OutboxRepository,
    StoredMailToken, Template, TokenPurpose,
};
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("the_owner_of_an_account_is_its_addressee", addressee),
    ("a_message_is_read_as_it_was_added", add),
    ("messages_are_due_in_order_when_nobody_delivers_them", due),
    ("of_two_instances_one_delivers_a_message_until_its_lease_ends", lease),
    ("a_message_that_was_sent_has_no_secret_and_is_not_sent_again", sent),
    ("the_outcome_of_an_expired_lease_counts_only_if_the_message_was_sent", late_outcome),
    ("a_failed_message_is_due_at_its_next_attempt", retry_later),
    ("messages_are_listed_by_state_the_newest_first", list),
    ("an_operator_retries_messages_whose_links_are_good", retry),
    ("messages_that_were_finished_before_a_moment_are_purged_in_batches", purge),
    ("a_registration_adds_its_first_message_and_token", first_message),
];

fn with<T>(store: &dyn ObservableStore, work: impl FnOnce(&mut dyn OutboxRepository) -> T) -> T {
    let mut repositories = store.autocommit().expect("open");
    work(&mut *repositories.outbox())
}

/// Returns a message to the owner of `account`, whose id is derived from `number`.
fn message(account: &Account, number: u64) -> Message {
    let now = account.registered_at;
    let params = [("at", "2026-11-23T09:30:00Z"), ("message", "«خطأ»\n'x'")];
    Message {
        id: MessageId::generate(
            now + TimeDelta::seconds(number.cast_signed()),
            &SequenceRandomness::starting_at(number),
        ),
        profile_id: account.id,
        to: account.profile.email.clone(),
        language: account.profile.language,
        template: Template::ResetPassword,
        params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        sealed_secret: Some(vec![1, 2, 3]),
        queued_at: now,
        link_expires_at: Some(now + TimeDelta::hours(1)),
        give_up_at: now + TimeDelta::minutes(30),
    }
}

/// Adds a message for the first account of the fixture. Returns it with the account's time.
fn added(store: &dyn ObservableStore) -> (Message, DateTime<Utc>) {
    let [account, ..] = insert_all(store);
    let message = message(&account, 1);
    with(store, |outbox| outbox.add(&message).expect("added"));
    (message, account.registered_at)
}

fn leased(store: &dyn ObservableStore, message: &Message, now: DateTime<Utc>) -> Option<LeasedMessage> {
    let until = now + TimeDelta::minutes(2);
    with(store, |outbox| outbox.lease(message.profile_id, message.id, now, until).expect("leased"))
}

fn record(
    store: &dyn ObservableStore,
    leased: &LeasedMessage,
    outcome: &DeliveryOutcome,
    now: DateTime<Utc>,
) {
    with(store, |outbox| outbox.record(&leased.lease, outcome, now).expect("recorded"));
}

/// Has an operator retry the message. Returns whether it is due now.
fn retried(store: &dyn ObservableStore, message: &Message, now: DateTime<Utc>) -> bool {
    let give_up_at = now + TimeDelta::hours(1);
    with(store, |outbox| outbox.retry(message.profile_id, message.id, now, give_up_at)).expect("written")
}

fn found(store: &dyn ObservableStore, id: MessageId) -> MailRecord {
    with(store, |outbox| outbox.find(id).expect("readable")).expect("found")
}

fn due_at(store: &dyn ObservableStore, now: DateTime<Utc>) -> Vec<(ProfileId, MessageId)> {
    with(store, |outbox| outbox.due(now, 9).expect("readable"))
}

fn addressee(store: &dyn ObservableStore) {
    for account in insert_all(store) {
        let found = store.autocommit().expect("open").accounts().find_addressee(account.id);
        assert_eq!(found, Ok(Some(Addressee::from(&account))));
    }
    let unknown = registered(9, "nobody@example.com", patient());
    assert_eq!(store.autocommit().expect("open").accounts().find_addressee(unknown.id), Ok(None));
}

fn add(store: &dyn ObservableStore) {
    let (message, now) = added(store);
    let leased = leased(store, &message, now).expect("due");
    assert_eq!((leased.message, leased.attempt), (message.clone(), 1));
    let record = found(store, message.id);
    assert_eq!(record.message, Message { sealed_secret: None, ..message });
    assert_eq!((record.state, record.attempts, record.finished_at), (DeliveryState::Queued, 1, None));
}

fn due(store: &dyn ObservableStore) {
    let [first, second, ..] = insert_all(store);
    let now = first.registered_at;
    let late = Message { queued_at: now + TimeDelta::minutes(1), ..message(&first, 1) };
    let early = message(&second, 2);
    for message in [&late, &early] {
        with(store, |outbox| outbox.add(message).expect("added"));
    }
    let ids = [&early, &late].map(|message| (message.profile_id, message.id));
    assert_eq!(due_at(store, now - TimeDelta::seconds(1)), []);
    assert_eq!(due_at(store, now), ids[..1]);
    assert_eq!(due_at(store, now + TimeDelta::minutes(1)), ids);
    assert_eq!(with(store, |outbox| outbox.due(now + TimeDelta::minutes(1), 1)), Ok(ids[..1].to_vec()));
}

fn lease(store: &dyn ObservableStore) {
    let (message, now) = added(store);
    assert!(leased(store, &message, now - TimeDelta::seconds(1)).is_none(), "it is not due yet");
    let first = leased(store, &message, now).expect("due");
    assert!(leased(store, &message, now).is_none(), "another instance has it");
    assert_eq!(due_at(store, now), []);
    let after = first.lease.until + TimeDelta::microseconds(1);
    assert_eq!(due_at(store, after).len(), 1);
    assert_eq!(leased(store, &message, after).map(|leased| leased.attempt), Some(2));
}

fn sent(store: &dyn ObservableStore) {
    let (message, now) = added(store);
    let leased_now = leased(store, &message, now).expect("due");
    record(store, &leased_now, &DeliveryOutcome::Sent, now);
    let record = found(store, message.id);
    assert_eq!((record.state, record.finished_at), (DeliveryState::Sent, Some(now)));
    let later = now + TimeDelta::days(1);
    assert_eq!(due_at(store, later), []);
    assert!(leased(store, &message, later).is_none());
    assert!(!retried(store, &message, later));
}

fn late_outcome(store: &dyn ObservableStore) {
    let (message, now) = added(store);
    let first = leased(store, &message, now).expect("due");
    let after = first.lease.until + TimeDelta::microseconds(1);
    let second = leased(store, &message, after).expect("due again");
    record(store, &first, &DeliveryOutcome::Dead("no such user".to_owned()), after);
    assert_eq!(found(store, message.id).state, DeliveryState::Queued);
    record(store, &first, &DeliveryOutcome::Sent, after);
    assert_eq!(found(store, message.id).state, DeliveryState::Sent);
    record(store, &second, &DeliveryOutcome::Retry(after, "closed".to_owned()), after);
    assert_eq!(found(store, message.id).state, DeliveryState::Sent);
}

fn retry_later(store: &dyn ObservableStore) {
    let (message, now) = added(store);
    let first = leased(store, &message, now).expect("due");
    let next = now + TimeDelta::seconds(30);
    record(store, &first, &DeliveryOutcome::Retry(next, "451 try later".to_owned()), now);
    let waiting = found(store, message.id);
    assert_eq!((waiting.state, waiting.next_attempt_at), (DeliveryState::Queued, next));
    assert_eq!(waiting.last_error.as_deref(), Some("451 try later"));
    assert_eq!(due_at(store, next - TimeDelta::microseconds(1)), []);
    let second = leased(store, &message, next).expect("due");
    assert_eq!((second.attempt, second.message.sealed_secret), (2, message.sealed_secret));
}

fn list(store: &dyn ObservableStore) {
    let [account, other, ..] = insert_all(store);
    let messages = [1, 2, 3].map(|number| message(&account, number));
    for message in &messages {
        with(store, |outbox| outbox.add(message).expect("added"));
    }
    let dead = leased(store, &messages[1], account.registered_at).expect("due");
    record(store, &dead, &DeliveryOutcome::Dead("550 no".to_owned()), account.registered_at);
    let page = |state, before| {
        let page = with(store, |outbox| outbox.page(state, before, 2)).expect("readable");
        page.into_iter().map(|record| record.message.id).collect::<Vec<_>>()
    };
    let [first, second, third] = [0, 1, 2].map(|index| messages[index].id);
    assert_eq!(page(None, None), [third, second]);
    assert_eq!(page(None, Some(second)), [first]);
    assert_eq!(page(Some(DeliveryState::Queued), None), [third, first]);
    assert_eq!(page(Some(DeliveryState::Dead), None), [second]);
    let last_dead = |id| with(store, |outbox| outbox.last_dead(id)).expect("readable");
    assert_eq!(last_dead(other.id), None);
    let last_dead = || last_dead(account.id).map(|record| record.message.id);
    assert_eq!(last_dead(), Some(second));
    let later = account.registered_at + TimeDelta::seconds(1);
    let dead = leased(store, &messages[0], later).expect("due");
    record(store, &dead, &DeliveryOutcome::Dead("550 no".to_owned()), later);
    assert_eq!(last_dead(), Some(first), "the one that was given up last");
}

fn retry(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let now = account.registered_at;
    let good = message(&account, 1);
    let expired = Message { link_expires_at: Some(now), ..message(&account, 2) };
    let plain = Message { link_expires_at: None, ..message(&account, 3) };
    for message in [&good, &expired, &plain] {
        with(store, |outbox| outbox.add(message).expect("added"));
        let leased = leased(store, message, now).expect("due");
        record(store, &leased, &DeliveryOutcome::Dead("550 no".to_owned()), now);
    }
    let later = now + TimeDelta::minutes(1);
    let retryable = |after, limit| {
        let page = with(store, |outbox| outbox.retryable(after, later, limit)).expect("readable");
        page.into_iter().map(|record| record.message.id).collect::<Vec<_>>()
    };
    assert_eq!(retryable(None, 9), [good.id, plain.id]);
    assert_eq!((retryable(None, 1), retryable(Some(good.id), 9)), (vec![good.id], vec![plain.id]));
    assert!(!retried(store, &expired, later));
    for message in [&good, &plain] {
        assert!(retried(store, message, later));
        assert!(!retried(store, message, later), "it is due");
        let leased = leased(store, message, later).expect("due");
        let give_up_at = later + TimeDelta::hours(1);
        assert_eq!((leased.message.give_up_at, leased.attempt), (give_up_at, 2));
        assert_eq!(leased.message.sealed_secret, message.sealed_secret);
    }
    assert_eq!(retryable(None, 9), [], "they are being delivered");
    let waiting = leased(store, &good, later + TimeDelta::minutes(3)).expect("its lease has ended");
    let next = later + TimeDelta::minutes(9);
    record(store, &waiting, &DeliveryOutcome::Retry(next, "451".to_owned()), later);
    assert!(retried(store, &good, later), "it is queued and not due");
}

fn purge(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    let now = accounts[0].registered_at;
    for (account, number) in accounts.iter().zip(1..) {
        let message = message(account, number);
        with(store, |outbox| outbox.add(&message).expect("added"));
        if number < 4 {
            record(store, &leased(store, &message, now).expect("due"), &DeliveryOutcome::Sent, now);
        }
    }
    let purge = |moment| with(store, |outbox| outbox.purge(moment, 2)).expect("purged");
    assert_eq!(purge(now), 0);
    let after = now + TimeDelta::microseconds(1);
    assert_eq!([purge(after), purge(after), purge(after)], [2, 1, 0]);
    assert_eq!(with(store, |outbox| outbox.page(None, None, 9)).expect("readable").len(), 1);
}

fn first_message(store: &dyn ObservableStore) {
    let account = registered(1, "first@example.com", patient());
    let (message, now, hash) = (message(&account, 1), account.registered_at, hash());
    let token = StoredMailToken {
        profile_id: account.id,
        digest: crate::mail::MailTokenDigest::on_record([7; 32]),
        purpose: TokenPurpose::VerifyEmail,
        address: account.profile.email.clone(),
        created_at: now,
        expires_at: now + TimeDelta::hours(24),
        ended: None,
    };
    let device = crate::session::Device::default().digest();
    let new = NewAccount {
        device: Some(device),
        verification: Some((&token, &message)),
        ..NewAccount::with_password(&account, &hash)
    };
    let mut repositories = store.autocommit().expect("open");
    repositories.accounts().insert(&new).expect("inserted");
    assert_eq!(repositories.mail_tokens().find(account.id, token.digest), Ok(Some(token)));
    let seen = repositories.devices().find(account.id, device).expect("readable");
    assert_eq!(seen.seen_at, Some(now));
    let key = Outbox::rate_key(&account.profile.email);
    let counted: Vec<bool> =
        (0..5).map(|_| repositories.rate_limits().take(&key, Outbox::MAILS, now).expect("counted")).collect();
    assert_eq!(counted, [true, true, true, true, false], "the first message counts");
    drop(repositories);
    assert_eq!(leased(store, &message, now).map(|leased| leased.message), Some(message));
}
