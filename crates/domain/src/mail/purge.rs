use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::TokenPurpose;
use crate::clock::Clock;
use crate::session::Device;
use crate::store::{Store, StoreError};

/// Deletes what is no longer needed: messages, tokens, counted events, devices, and reservations of
/// former addresses.
#[derive(Clone)]
pub struct PurgeMail {
    /// Stores the outbox, the tokens and the limits.
    pub store: Arc<dyn Store>,
    /// Tells what is old.
    pub clock: Arc<dyn Clock>,
    /// Maximum number of rows of each kind in a batch.
    pub batch_size: u32,
}

impl PurgeMail {
    /// How long messages are listed after they were sent or given up, and tokens after they expired.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Deletes one batch. Returns the number of rows; 0 if nothing is left.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let now = self.clock.now();
        let mut store = self.store.autocommit()?;
        let messages = store.outbox().purge(now - Self::KEPT, self.batch_size)?;
        let devices = store.devices().purge(now - Device::KEPT, self.batch_size)?;
        let limits = store.rate_limits().purge(now - TimeDelta::days(1), self.batch_size)?;
        drop(store);
        Ok(messages + devices + limits + self.tokens(now)?)
    }

    /// Deletes expired tokens. With the link that takes back a change of address, the former address is
    /// free.
    fn tokens(&self, now: DateTime<Utc>) -> Result<u32, StoreError> {
        let mut deleted = 0;
        for purpose in TokenPurpose::ALL {
            let is_of_reservation = *purpose == TokenPurpose::RevertEmail;
            let moment = if is_of_reservation { now } else { now - Self::KEPT };
            let mut store = self.store.autocommit()?;
            let expired = store.mail_tokens().expired(*purpose, moment, self.batch_size)?;
            for token in expired {
                if is_of_reservation {
                    let (id, since) = (token.profile_id, token.created_at);
                    store.accounts().release_former_email(id, &token.address, since)?;
                }
                store.mail_tokens().remove(token.profile_id, token.digest)?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}
