use std::sync::Arc;

use super::Session;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Removes sessions that are over: those that expired, soon after, and those that were ended, after
/// [`Session::KEPT_AFTER_END`].
#[derive(Clone)]
pub struct PurgeSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are over.
    pub clock: Arc<dyn Clock>,
}

impl PurgeSessions {
    /// How many sessions of either kind a batch has at most: a few milliseconds of the store's time.
    pub const BATCH: u32 = 1000;

    /// Removes one batch; how many sessions it had. Zero: there is no more to do, or another instance does it.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let now = self.clock.now();
        let mut transaction = self.store.begin()?;
        let mut sessions = transaction.sessions();
        if !sessions.lock_purge()? {
            return Ok(0);
        }
        let expired = sessions.purge_expired(now, Self::BATCH)?;
        let ended = sessions.purge_ended(now - Session::KEPT_AFTER_END, Self::BATCH)?;
        drop(sessions);
        transaction.commit()?;
        Ok(expired + ended)
    }
}
