use std::fmt;

use chrono::{DateTime, Utc};

use super::Account;
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::password::PasswordHash;
use crate::session::Session;
use crate::store::StoreError;

/// Keeps accounts.
pub trait AccountRepository {
    /// Adds `account` with its password, and with its first session and that one's current token, if it has one.
    ///
    /// MUST add all of it or nothing, also where no transaction is around. MUST return [`InsertError::Taken`] when
    /// another account has the e-mail in any case, or the card number, also when that one was added at the
    /// same moment. A transaction is of no more use then.
    fn insert(
        &mut self,
        account: &Account,
        password: &PasswordHash,
        first_session: Option<(&Session, &TokenDigest)>,
    ) -> Result<(), InsertError>;

    /// Locks the account of that id, if there is one. Until the transaction ends it MUST keep others from locking it,
    /// and sessions of it from being opened; those that were being opened it MUST wait for. So whoever ends an
    /// account's sessions after this ends all of them.
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError>;

    /// The account of that id, or `None` if there is none.
    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError>;

    /// Returns at most `limit` accounts whose ids come after `after`, in the order of their ids.
    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// The account of each id, in its place, if the session is one of its own and live at `now`. Else `None`.
    ///
    /// MUST ask once for all of them.
    fn find_in_sessions(
        &mut self,
        wanted: &[(ProfileId, SessionId)],
        now: DateTime<Utc>,
    ) -> Vec<Result<Option<Account>, StoreError>>;

    /// Locks the account of that id until the transaction ends, if the session is one of its own and live
    /// at `now`; whether it did.
    ///
    /// MUST wait while another transaction holds the lock, and then see what that one committed. While it is
    /// held, the session MUST NOT end.
    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Writes the profile and the role details of `account`, which this transaction has locked. MUST NOT change its
    /// e-mail, its card number or its approval.
    fn update(&mut self, account: &Account) -> Result<(), StoreError>;
}

/// Why an account was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// Another account has this value.
    #[error("{0} is already taken")]
    Taken(UniqueField),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A field whose value no two accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// The login name.
    Email,
    /// The card number.
    CarteId,
}

impl UniqueField {
    /// Returns the field's name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::CarteId => "carte_id",
        }
    }
}

impl fmt::Display for UniqueField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
