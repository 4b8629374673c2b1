use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;

use super::{
    Addressee, Content, DeliveryError, DeliveryOutcome, Lease, LeasedMessage, MailToken, Mailer, Message,
    Outbox, OutgoingMail,
};
use crate::clock::Clock;
use crate::ids::{MessageId, ProfileId};
use crate::rate_limit::{RateKey, RateLimit};
use crate::store::{Store, StoreError, in_transaction};

/// Delivers the messages of the outbox.
#[derive(Clone)]
pub struct DeliverMail {
    /// Stores the outbox.
    pub store: Arc<dyn Store>,
    /// Delivers messages.
    pub mailer: Arc<dyn Mailer>,
    /// Decrypts the secrets of links, and writes summaries.
    pub outbox: Outbox,
    /// Tells what is due.
    pub clock: Arc<dyn Clock>,
    /// Time after which another instance may deliver a message again.
    pub lease: TimeDelta,
    /// Maximum number of messages in a batch.
    pub batch_size: u32,
    /// Messages that were sent while the store failed.
    pub unrecorded: Unrecorded,
}

/// Messages that a server accepted, but that the store does not know as sent yet.
#[derive(Debug, Clone, Default)]
pub struct Unrecorded(Arc<Mutex<Vec<Accepted>>>);

#[derive(Debug)]
struct Accepted {
    lease: Lease,
    at: DateTime<Utc>,
}

impl DeliverMail {
    /// Maximum number of notices to one address.
    pub const NOTICES: RateLimit = RateLimit { max: 20, within: TimeDelta::hours(1) };

    /// Maximum number of summaries to one address.
    const SUMMARIES: RateLimit = RateLimit { max: 1, within: TimeDelta::hours(1) };

    /// Time before the second attempt. It doubles with each further one.
    const FIRST_RETRY: TimeDelta = TimeDelta::seconds(30);

    /// Maximum time between two attempts.
    const MAX_RETRY: TimeDelta = TimeDelta::hours(1);

    /// Delivers one batch. Returns the number of messages that it tried; 0 if none is due.
    ///
    /// `must_stop` is called before each message, because a server may take long for one.
    ///
    /// # Errors
    ///
    /// The first error of the store. It prevents no other delivery.
    pub fn batch(&self, must_stop: &dyn Fn() -> bool) -> Result<u32, StoreError> {
        self.record_earlier()?;
        let due = self.store.autocommit()?.outbox().due(self.clock.now(), self.batch_size)?;
        let due = due.into_iter().take_while(|_| !must_stop());
        let outcomes: Vec<_> = due.map(|(owner, id)| self.try_one(owner, id)).collect();
        let mut tried = 0;
        for outcome in outcomes {
            tried += u32::from(outcome?);
        }
        Ok(tried)
    }

    /// Records what the store did not take before, so that it is not sent again.
    fn record_earlier(&self) -> Result<(), StoreError> {
        let mut unrecorded = self.unrecorded.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Accepted { lease, at }) = unrecorded.last() {
            self.store.autocommit()?.outbox().record(lease, &DeliveryOutcome::Sent, *at)?;
            unrecorded.pop();
        }
        Ok(())
    }

    /// Returns whether this instance had the message.
    fn try_one(&self, owner: ProfileId, id: MessageId) -> Result<bool, StoreError> {
        let mut store = self.store.autocommit()?;
        // After the wait for a connection, which is no part of the lease.
        let now = self.clock.now();
        let leased = store.outbox().lease(owner, id, now, now + self.lease)?;
        drop(store);
        let Some(leased) = leased else { return Ok(false) };
        // No connection is held while a server answers.
        let outcome = self.deliver(&leased, now)?;
        let (lease, at) = (leased.lease, self.clock.now());
        let record = || self.store.autocommit()?.outbox().record(&lease, &outcome, at);
        let recorded = record();
        if recorded.is_err() && outcome == DeliveryOutcome::Sent {
            self.unrecorded.0.lock().unwrap_or_else(PoisonError::into_inner).push(Accepted { lease, at });
        }
        recorded.map(|()| true)
    }

    fn deliver(&self, leased: &LeasedMessage, now: DateTime<Utc>) -> Result<DeliveryOutcome, StoreError> {
        let message = &leased.message;
        let has_expired = message.link_expires_at.is_some_and(|expiry| expiry <= now);
        // A message that waited for longer is tried once: perhaps no service ran.
        if has_expired || (message.give_up_at <= now && leased.attempt > 1) {
            return Ok(DeliveryOutcome::Dead("its time was over before a server accepted it".to_owned()));
        }
        // Only the first attempt counts.
        if leased.attempt == 1 && message.template.is_notice() && !self.may_notify(message, now)? {
            return Ok(DeliveryOutcome::Suppressed);
        }
        let content = match self.content(message) {
            Ok(content) => content,
            Err(error) => return Ok(DeliveryOutcome::Dead(error)),
        };
        let Message { id, to, language, queued_at, .. } = message.clone();
        let mail = OutgoingMail { id, to, language, content, written_at: queued_at };
        Ok(match self.mailer.deliver(&mail) {
            Ok(()) => DeliveryOutcome::Sent,
            Err(DeliveryError::Permanent(error)) => DeliveryOutcome::Dead(error),
            Err(DeliveryError::Temporary(error)) => {
                let next = self.clock.now() + self.delay(leased.attempt);
                if next < message.give_up_at {
                    DeliveryOutcome::Retry(next, error)
                } else {
                    DeliveryOutcome::Dead(error)
                }
            }
        })
    }

    /// Counts a notice. The first one beyond the limit adds a summary.
    fn may_notify(&self, message: &Message, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let key = |kind| RateKey::new(kind, &message.to.canonical());
        let mut store = self.store.autocommit()?;
        if store.rate_limits().take(&key("notice"), Self::NOTICES, now)? {
            return Ok(true);
        }
        drop(store);
        in_transaction(&*self.store, |transaction| {
            if transaction.rate_limits().take(&key("summary"), Self::SUMMARIES, now)? {
                let Message { profile_id, to, language, .. } = message.clone();
                let addressee = Addressee { profile_id, email: to, language };
                self.outbox.send(transaction, &addressee, &Content::many_notices(), now)?;
            }
            Ok(false)
        })
    }

    /// Returns the content with its token.
    fn content(&self, message: &Message) -> Result<Content, String> {
        let token = match &message.sealed_secret {
            Some(sealed) => Some(self.token(message, sealed)?),
            None if message.template.purpose().is_some() => return Err("its link was deleted".to_owned()),
            None => None,
        };
        Ok(Content::on_record(message.template, message.params.clone(), token))
    }

    fn token(&self, message: &Message, sealed: &[u8]) -> Result<MailToken, String> {
        let opened = self.outbox.secret_box.open(&Message::context(message.id), sealed);
        let opened = opened.map_err(|error| error.to_string())?;
        let secret = std::str::from_utf8(opened.expose_secret()).ok();
        let token = secret.and_then(|secret| MailToken::of_parts(message.profile_id, secret));
        token.ok_or_else(|| "its link is malformed".to_owned())
    }

    /// Returns the time before the next attempt: twice that of the one before, give or take a fifth, so
    /// that the messages of an outage do not all return together.
    fn delay(&self, attempt: u32) -> TimeDelta {
        let doubled = Self::FIRST_RETRY * 2_i32.saturating_pow(attempt.saturating_sub(1).min(10));
        let mut random = [0];
        self.outbox.randomness.fill(&mut random);
        doubled.min(Self::MAX_RETRY) * (80 + i32::from(random[0]) * 40 / 255) / 100
    }
}
