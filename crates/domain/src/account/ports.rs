use chrono::{DateTime, Utc};

use super::{Account, Claim, UniqueField};
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::password::PasswordHash;
use crate::session::{Caller, Session};
use crate::staff_name::StaffName;
use crate::store::{BatchResults, StoreError};

/// Stores accounts.
pub trait AccountRepository {
    /// Inserts `account` with its claims and its password, and with its first session and that
    /// session's current token, if there is one.
    ///
    /// MUST insert everything or nothing, also without a transaction. MUST return
    /// [`InsertError::Taken`] when another account holds one of [`Account::claims`], also if that
    /// account is inserted simultaneously. A transaction cannot be used after that error: a new one
    /// asks [`AccountRepository::find_claimed`].
    fn insert(
        &mut self,
        account: &Account,
        password: &PasswordHash,
        first_session: Option<(&Session, &TokenDigest)>,
    ) -> Result<(), InsertError>;

    /// Returns the field of the first of `claims` that an account holds.
    fn find_claimed(&mut self, claims: &[Claim]) -> Result<Option<UniqueField>, StoreError>;

    /// Locks the account, if it exists, until the transaction ends.
    ///
    /// MUST keep others from locking the account and from opening sessions of it, and MUST wait for
    /// sessions that are being opened. So a transaction that revokes the account's sessions after
    /// this call revokes all of them.
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError>;

    /// Finds the account.
    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError>;

    /// Returns up to `limit` accounts whose ids are greater than `after`, in the order of their
    /// ids.
    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// Finds the account of each caller whose session is live at `now` and belongs to the account;
    /// `None` for any other caller.
    ///
    /// `callers` may contain a session twice. The adapter MUST return a result for each session, and
    /// MUST make at most one query for each role.
    fn find_in_sessions(
        &mut self,
        callers: &[Caller],
        now: DateTime<Utc>,
    ) -> Result<BatchResults<Option<Account>>, StoreError>;

    /// Locks the account until the transaction ends, if the session is live at `now` and belongs to
    /// it. Returns whether it was locked.
    ///
    /// MUST wait while another transaction holds the lock, and then see what that transaction
    /// committed. While the lock is held, the session MUST NOT end.
    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Updates the profile and the role details of `stored`, which this transaction has locked, to
    /// those of `changed`. MUST NOT change its e-mail, its card number or its approval. An identifier
    /// whose key stays the same MUST stay verified.
    ///
    /// Claims the new identifiers at `now`, and gives up the claims of those that are removed
    /// ([`Account::changed_claims`]; identifiers of pending changes are claimed too). The pending
    /// changes themselves are written by
    /// [`ApprovalRepository::save`](crate::approval::ApprovalRepository::save).
    /// Returns the field of an identifier that another account has. MUST also return it if that
    /// account claims it simultaneously. The caller MUST then drop the transaction.
    fn update(
        &mut self,
        stored: &Account,
        changed: &Account,
        now: DateTime<Utc>,
    ) -> Result<Option<UniqueField>, StoreError>;

    /// Marks all identifiers of the account as verified by `by` at `at`, except those that are
    /// verified.
    fn verify_identifiers(
        &mut self,
        id: ProfileId,
        by: &StaffName,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}

/// Why an account was not inserted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// Another account holds one of the claims.
    #[error("a value is already taken")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
