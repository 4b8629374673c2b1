use chrono::{DateTime, Utc};

use super::{ContentDigest, IdempotencyKey, IdempotentRequest, Operation};
use crate::ids::ProfileId;
use crate::store::StoreError;

/// Stores which requests have succeeded. Each account has its own keys.
pub trait IdempotencyRepository {
    /// Records that `request` has succeeded at `at`. Replaces an older record with the same key. The
    /// records of an account MUST be deleted with the account.
    fn record(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Returns the content of the request that was recorded with this key at `since` or later.
    fn find(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<ContentDigest>, StoreError>;

    /// Deletes records from before `moment`, of up to `limit` accounts. Returns the number of
    /// deleted records.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
