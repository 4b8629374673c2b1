use std::sync::Arc;

use chrono::TimeDelta;

use super::{KeyUse, SigningKeys};
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Records which keys sign, so that a later start without one of them can warn.
#[derive(Clone)]
pub struct RecordKeyUse {
    /// Where the records are kept.
    pub store: Arc<dyn Store>,
    /// The keys of this service.
    pub keys: Arc<dyn SigningKeys>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The longest lifetime of any token.
    pub longest_token: TimeDelta,
}

impl RecordKeyUse {
    /// How far ahead a use is recorded. A service that records more often than that leaves no gap
    /// when it is killed.
    pub const AHEAD: TimeDelta = TimeDelta::minutes(2);

    /// Records the keys that sign now or soon. Returns the records for [`Self::end`].
    pub fn run(&self) -> Result<Vec<KeyUse>, StoreError> {
        let now = self.clock.now();
        let until = now + Self::AHEAD;
        let signers = self.keys.signers(now, until).into_iter();
        let uses: Vec<_> = signers
            .map(|key| KeyUse {
                key,
                signed_from: now,
                signed_until: until,
                tokens_until: until + self.longest_token,
            })
            .collect();
        let mut repositories = self.store.autocommit()?;
        for key_use in &uses {
            repositories.key_uses().record(key_use)?;
        }
        Ok(uses)
    }

    /// Corrects the last records of [`Self::run`], because the service signs nothing from now on.
    pub fn end(&self, recorded: &[KeyUse]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        for key_use in recorded {
            let end = now.clamp(key_use.signed_from, key_use.signed_until);
            repositories.key_uses().end(key_use, end)?;
        }
        Ok(())
    }
}

/// Finds keys that this service does not have, and whose tokens live sessions may hold.
pub struct FindUnknownKeys {
    /// Where the records and the sessions are kept.
    pub store: Arc<dyn Store>,
    /// The keys of this service.
    pub keys: Arc<dyn SigningKeys>,
    /// Tells which tokens have expired.
    pub clock: Arc<dyn Clock>,
}

impl FindUnknownKeys {
    /// Returns the uses of those keys.
    pub fn run(&self) -> Result<Vec<KeyUse>, StoreError> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut unknown = Vec::new();
        let mut key_uses = repositories.key_uses();
        for key_use in key_uses.unexpired(now)? {
            if !self.keys.verifies(&key_use.key, now) && key_uses.has_live_sessions(&key_use, now)? {
                unknown.push(key_use);
            }
        }
        Ok(unknown)
    }
}
