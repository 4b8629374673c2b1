use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Makes sessions usable that were restored from a backup.
///
/// A restored row has an older refresh token than the client, which would look like theft. A marked
/// session accepts any refresh token that was signed for it, once.
pub struct MarkRestoredSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl MarkRestoredSessions {
    /// Maximum number of sessions that one statement marks.
    const BATCH: u32 = 5000;

    /// Marks the live sessions that were opened before `moment`. Returns their number.
    ///
    /// # Errors
    ///
    /// If the store fails; sessions that were marked before stay marked.
    pub fn run(&self, moment: DateTime<Utc>) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let (mut after, mut marked) = (None, 0);
        loop {
            let mut repositories = self.store.autocommit()?;
            let batch = repositories.sessions().mark_restored(moment, after, now, Self::BATCH)?;
            marked += u64::try_from(batch.len()).unwrap_or(u64::MAX);
            match batch.into_iter().max() {
                Some(last) => after = Some(last),
                None => return Ok(marked),
            }
        }
    }
}
