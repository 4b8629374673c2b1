use chrono::{DateTime, Utc};

use super::{Password, PasswordHash};
use crate::account::{EmailAddress, Role};
use crate::ids::{ProfileId, SessionId};
use crate::store::StoreError;

/// Hashes and verifies passwords. Slow on purpose: tens of milliseconds of one core.
pub trait PasswordHasher: Send + Sync {
    /// Hashes `password` with a new salt and the current parameters.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Verifies `password` against `hash`. If it does not match, MUST try the forms of
    /// [`Password::expose_earlier`]; a hash of one of them is outdated.
    ///
    /// Without a hash, because no account has the e-mail, it MUST take the same time as with one,
    /// and MUST return [`VerifyOutcome::Wrong`]. Else the time would reveal who is registered.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError>;
}

/// The outcome of verifying a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyOutcome {
    /// The password does not match.
    Wrong,
    /// The password matches.
    Right,
    /// The password matches, but the hash has other parameters than new ones, or is of an earlier form
    /// of the password: hash it again.
    Outdated,
}

/// Why hashing failed. The text is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password hasher failed: {0}")]
pub struct HashError(pub String);

/// The data that a login is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account's id.
    pub id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The password's hash.
    pub password: PasswordHash,
    /// Whether the account is approved, or needs no approval.
    pub is_approved: bool,
    /// Whether staff suspended the account.
    pub is_suspended: bool,
    /// Whether the owner confirmed the account's address.
    pub is_email_verified: bool,
    /// When the account's sessions were last revoked all together, as after a change of the
    /// password, a rejection or a suspension.
    pub sessions_not_before: Option<DateTime<Utc>>,
}

/// Stores password hashes.
pub trait PasswordRepository {
    /// Returns the credentials of the account with that e-mail, case-insensitively, or `None`.
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError>;

    /// Returns the hash of the account if the session is one of its own and live at `now`, else
    /// `None`.
    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError>;

    /// Sets the hash of the account, which this transaction has locked.
    fn set(&mut self, id: ProfileId, new: &PasswordHash) -> Result<(), StoreError>;

    /// Replaces `old` by `new`. MUST do nothing and return `false` if the account's hash is no
    /// longer `old`: another change was first.
    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError>;
}
