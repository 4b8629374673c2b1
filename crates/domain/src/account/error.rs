use std::fmt;

use super::InsertError;
use crate::password::HashError;
use crate::session::{SigningError, TokenError};
use crate::store::{CausedByStore, StoreError};

/// Why a use case of accounts failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Another account has this value.
    #[error("{0} is already taken")]
    Taken(UniqueField),
    /// The caller's token is not valid any more.
    #[error("token not valid: {0}")]
    Token(#[from] TokenError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InsertError> for AccountError {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::Taken(field) => Self::Taken(field),
            InsertError::Store(error) => Self::Store(error),
        }
    }
}

impl CausedByStore for AccountError {
    fn store_error(&self) -> Option<&StoreError> {
        if let Self::Store(error) = self { Some(error) } else { None }
    }
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
