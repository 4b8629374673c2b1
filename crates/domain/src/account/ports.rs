use chrono::{DateTime, Utc};

use super::{Account, Claim, EmailAddress, UniqueField};
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::mail::{Addressee, Message, StoredMailToken};
use crate::password::PasswordHash;
use crate::session::{Caller, DeviceDigest, Session};
use crate::staff_name::StaffName;
use crate::store::{BatchResults, StoreError};

/// An account that is inserted, with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// The account.
    pub account: &'a Account,
    /// The hash of its password.
    pub password: &'a PasswordHash,
    /// Its first session and that session's current token.
    pub session: Option<(&'a Session, &'a TokenDigest)>,
    /// The device that opened it.
    pub device: Option<DeviceDigest>,
    /// The token that confirms its address, and the message that has it. The message counts for the
    /// limit of [`Outbox::MAILS`](crate::mail::Outbox::MAILS), and is added even beyond it.
    pub verification: Option<(&'a StoredMailToken, &'a Message)>,
}

impl<'a> NewAccount<'a> {
    /// Returns an account with nothing but its password.
    #[must_use]
    pub const fn with_password(account: &'a Account, password: &'a PasswordHash) -> Self {
        Self { account, password, session: None, device: None, verification: None }
    }
}

/// Stores accounts.
pub trait AccountRepository {
    /// Inserts the account with its claims, and what belongs to it.
    ///
    /// MUST insert everything or nothing, also without a transaction. MUST return
    /// [`InsertError::Taken`] when another account holds one of [`Account::claims`], also if that
    /// account is inserted simultaneously. A transaction cannot be used after that error: a new one
    /// asks [`AccountRepository::find_claimed`].
    fn insert(&mut self, new: &NewAccount<'_>) -> Result<(), InsertError>;

    /// Returns the field of the first of `claims` that an account holds.
    fn find_claimed(&mut self, claims: &[Claim]) -> Result<Option<UniqueField>, StoreError>;

    /// Locks the account, if it exists, until the transaction ends.
    ///
    /// MUST keep others from locking the account and from opening sessions of it, and MUST wait for
    /// sessions that are being opened. So a transaction that revokes the account's sessions after
    /// this call revokes all of them.
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError>;

    /// Returns the owner of the account.
    fn find_addressee(&mut self, id: ProfileId) -> Result<Option<Addressee>, StoreError>;

    /// Records that the owner confirmed the address at `at`, if it is still that of the account and was
    /// not confirmed before. Returns whether it is the account's.
    fn confirm_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Changes the address of the account, which this transaction has locked, from `old` to `new`, which
    /// is confirmed at `at`. `old` stays reserved for the account until it is released.
    ///
    /// Returns `false` if another account has `new`, also if it claims it simultaneously. The caller MUST
    /// then drop the transaction.
    fn change_email(
        &mut self,
        id: ProfileId,
        old: &EmailAddress,
        new: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Gives the former address of the account free, which is reserved for it since `since` or before.
    fn release_former_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError>;

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
