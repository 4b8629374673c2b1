//! What can go wrong, typed. `api` maps [`Error`] to HTTP in one exhaustive `match`.

use std::fmt;

use crate::field::FieldErrors;
use crate::password::HashError;
use crate::session::TokenError;
use crate::store::StoreError;

/// Why a use case did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another account has this value already.
    #[error("{0} is already taken")]
    Taken(UniqueField),
    /// Fields with values that break their rules, or must stay as they are.
    #[error("some fields are not allowed")]
    InvalidFields(FieldErrors),
    /// Wrong password, unknown e-mail or another role's account: told alike, so nobody learns which.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// The present password, which is asked for to change it, is another one.
    #[error("the present password is another one")]
    WrongPassword,
    /// The password was right, but staff have not approved the account.
    #[error("the account is not approved")]
    NotApproved,
    /// The password was right, but staff have suspended the account.
    #[error("the account is suspended")]
    AccountSuspended,
    /// The account's sessions were ended again and again while this login was checked.
    #[error("the account kept changing during the login")]
    Contended,
    /// The client that asked has gone, so the rest of the work was not done.
    #[error("the client has gone")]
    ClientGone,
    /// The token does not open what was asked for. The reason is for the log.
    #[error("token not valid: {0}")]
    TokenNotValid(#[from] TokenError),
    /// The caller has no live session of that id.
    #[error("no such session")]
    UnknownSession,
    /// No account of that role has that e-mail.
    #[error("no such account")]
    UnknownAccount,
    /// Staff decided otherwise before; changing that takes an explicit wish.
    #[error("already decided otherwise")]
    AlreadyDecided(Box<crate::approval::Approval>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token could not be signed.
    #[error("a token could not be signed")]
    Signing,
}

/// A field whose value no two accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// The login name.
    Email,
    /// The holder's card number.
    CarteId,
}

impl UniqueField {
    /// The field's name in the contract.
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
