use std::sync::Arc;

use super::IdempotentRequest;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Purges records that are older than [`IdempotentRequest::KEPT`].
#[derive(Clone)]
pub struct PurgeIdempotencyRecords {
    /// Where the records are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are too old.
    pub clock: Arc<dyn Clock>,
    /// Maximum number of accounts, and of members of staff, in a batch.
    pub batch_size: u32,
}

impl PurgeIdempotencyRecords {
    /// Purges one batch. Returns the number of records; 0 if none is left.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let moment = self.clock.now() - IdempotentRequest::KEPT;
        self.store.autocommit()?.idempotency().purge(moment, self.batch_size)
    }
}
