use std::sync::Arc;

use chrono::TimeDelta;

use super::ThrottlePolicy;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Deletes counts of failures that delay nothing any more.
#[derive(Clone)]
pub struct PurgeThrottles {
    /// Counts failures.
    pub store: Arc<dyn Store>,
    /// Tells what is old.
    pub clock: Arc<dyn Clock>,
    /// Maximum number of rows of each kind in a batch.
    pub batch_size: u32,
}

impl PurgeThrottles {
    /// How long a count is kept after the last failure. Counts that stop an account are kept until they
    /// are lifted.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Deletes one batch. Returns the number of rows; 0 if nothing is left.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let now = self.clock.now();
        let mut store = self.store.autocommit()?;
        let stop = ThrottlePolicy::STOP;
        let counts = store.throttles().purge_counts(stop, now - Self::KEPT, self.batch_size)?;
        let failures = store.throttles().purge_failures(now - TimeDelta::days(1), self.batch_size)?;
        Ok(counts + failures)
    }
}
