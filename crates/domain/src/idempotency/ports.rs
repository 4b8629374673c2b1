use chrono::{DateTime, Utc};

use super::{IdempotencyKey, IdempotentRequest, Operation, RecordedRequest, RecordedStaffRequest};
use crate::ids::{ProfileId, StaffId};
use crate::store::StoreError;

/// Stores which requests have succeeded. Each account and each member of staff has its own keys.
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

    /// Records that `request` of `member` about a member of staff has succeeded at `at`. Replaces an
    /// older record with the same key.
    fn record_of_staff(
        &mut self,
        member: StaffId,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: &[u8],
    ) -> Result<(), StoreError>;

    /// Returns the request of `member` about a member of staff that was recorded with this key at
    /// `since` or later.
    fn find_of_staff(
        &mut self,
        member: StaffId,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedStaffRequest>, StoreError>;

    /// Deletes records from before `moment`, of up to `limit` accounts and as many members of staff.
    /// Returns the number of deleted records.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
