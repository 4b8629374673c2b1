use std::sync::Arc;

use super::Session;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Purges sessions: expired ones after a day, and revoked ones after [`Session::KEPT_AFTER_END`]. Those
/// of staff are all kept for that time.
#[derive(Clone)]
pub struct PurgeSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which have ended.
    pub clock: Arc<dyn Clock>,
    /// Maximum number of sessions of either kind in a batch.
    pub batch_size: u32,
}

impl PurgeSessions {
    /// Purges one batch. Returns the number of sessions; 0 if none is left, or another instance is
    /// purging.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let now = self.clock.now();
        let mut transaction = self.store.begin()?;
        let mut sessions = transaction.sessions();
        if !sessions.lock_purge()? {
            return Ok(0);
        }
        let expired = sessions.purge_expired(now, self.batch_size)?;
        let ended = sessions.purge_ended(now - Session::KEPT_AFTER_END, self.batch_size)?;
        drop(sessions);
        let of_staff = transaction.staff_sessions().purge(now - Session::KEPT_AFTER_END, self.batch_size)?;
        transaction.commit()?;
        Ok(expired + ended + of_staff)
    }
}
