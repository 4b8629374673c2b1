use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{DeliveryState, MailRecord, Message};
use crate::clock::Clock;
use crate::ids::MessageId;
use crate::store::{Store, StoreError};

/// Lists the messages of the outbox, for operators.
pub struct ListMail {
    /// Stores the outbox.
    pub store: Arc<dyn Store>,
}

impl ListMail {
    /// Returns up to `limit` messages in that state, or all, the newest first, with ids before `before`.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn page(
        &self,
        state: Option<DeliveryState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        self.store.autocommit()?.outbox().page(state, before, limit)
    }
}

/// Shows a message of the outbox, for operators.
pub struct ShowMail {
    /// Stores the outbox.
    pub store: Arc<dyn Store>,
}

impl ShowMail {
    /// Finds the message.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn run(&self, id: MessageId) -> Result<Option<MailRecord>, StoreError> {
        self.store.autocommit()?.outbox().find(id)
    }
}

/// Tries to deliver messages again, on behalf of an operator.
pub struct RetryMail {
    /// Stores the outbox.
    pub store: Arc<dyn Store>,
    /// Tells when.
    pub clock: Arc<dyn Clock>,
}

impl RetryMail {
    const BATCH: u32 = 1000;

    /// Makes messages due now that are queued or dead: the one with that id, or all. Returns the number.
    /// Messages whose link has expired stay as they are.
    ///
    /// # Errors
    ///
    /// The error of the store. Earlier messages are due then.
    pub fn run(&self, id: Option<MessageId>) -> Result<u32, StoreError> {
        let now = self.clock.now();
        if let Some(id) = id {
            let found = self.store.autocommit()?.outbox().find(id)?;
            return found.map_or(Ok(0), |record| self.retry(&record.message, now));
        }
        let (mut total, mut last) = (0, None);
        // Each message once: those that fail again meanwhile would come forever.
        loop {
            let page = self.store.autocommit()?.outbox().retryable(last, now, Self::BATCH)?;
            let Some(record) = page.last() else { return Ok(total) };
            last = Some(record.message.id);
            for record in &page {
                total += self.retry(&record.message, now)?;
            }
        }
    }

    fn retry(&self, message: &Message, now: DateTime<Utc>) -> Result<u32, StoreError> {
        let give_up_at = Message::give_up_at(now, message.link_expires_at);
        let mut store = self.store.autocommit()?;
        store.outbox().retry(message.profile_id, message.id, now, give_up_at).map(u32::from)
    }
}
