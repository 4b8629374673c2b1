use chrono::{DateTime, Utc};

use super::{IdempotencyKey, IdempotentRequest, Operation, RecordedRequest};
use crate::ids::ProfileId;
use crate::store::StoreError;

/// Stores which requests have succeeded. Each account has its own keys.
pub trait IdempotencyRepository {
    /// Records that `request` has succeeded at `at`, with the answer that a repetition gets, if it gets
    /// the same. Replaces an older record with the same key. The records of an account MUST be deleted
    /// with the account.
    fn record(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: Option<&str>,
    ) -> Result<(), StoreError>;

    /// Returns the request that was recorded with this key at `since` or later.
    fn find(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError>;

    /// Returns the same, for any account: the newest record.
    fn find_by_key(
        &mut self,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError>;

    /// Deletes records from before `moment`, of up to `limit` accounts. Returns the number of
    /// deleted records.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
