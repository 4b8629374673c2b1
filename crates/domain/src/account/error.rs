use super::UniqueField;
use crate::approval::ApprovalError;
use crate::field::FieldError;
use crate::password::HashError;
use crate::session::{SigningError, TokenError};
use crate::store::StoreError;

/// Why a use case of accounts failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// An account has this value.
    #[error("{0} is already taken")]
    Taken(UniqueField),
    /// The password is refused.
    #[error("the password {0}")]
    WeakPassword(FieldError),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
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

impl From<ApprovalError> for AccountError {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::Taken(field) => Self::Taken(field),
            ApprovalError::Token(error) => error.into(),
            ApprovalError::Store(error) => error.into(),
            // Submitting changes of a locked account has no other error.
            other => StoreError::Unexpected(other.to_string()).into(),
        }
    }
}
