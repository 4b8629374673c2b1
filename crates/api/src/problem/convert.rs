//! How errors of the layers below become problems.

use sihha_domain::password::HashError;
use sihha_domain::session::TokenError;
use sihha_domain::store::StoreError;
use sihha_domain::{Error, FieldError, FieldErrors};

use super::{ApiError, JsonError};
use crate::bulkhead::Refused;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Taken(field) => Self::Taken(field.name().to_owned()),
            Error::InvalidFields(errors) => Self::InvalidFields(errors),
            Error::WrongCredentials => Self::WrongCredentials,
            // Not 401: the token is valid, and a client must not discard it.
            Error::WrongPassword => {
                Self::InvalidFields(FieldErrors::one("current_password", FieldError::Wrong))
            }
            Error::NotApproved => Self::NotApproved,
            Error::AccountSuspended => Self::AccountSuspended,
            Error::TokenNotValid(error) => error.into(),
            Error::UnknownSession => Self::UnknownSession,
            // A client that has gone sees neither this nor another answer.
            Error::Contended | Error::ClientGone => Self::Busy(error.to_string()),
            Error::Store(error) => error.into(),
            Error::Hash(error) => error.into(),
            Error::Signing | Error::UnknownAccount | Error::AlreadyDecided(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Unavailable(_) => Self::DatabaseUnavailable(cause),
            StoreError::Locked | StoreError::Conflict => Self::Busy(cause),
            StoreError::Inconsistent(_) | StoreError::Unexpected(_) => Self::Internal(cause),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::TokenNotValid(error)
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::Overloaded,
            Refused::Panicked => Self::Internal("a use case panicked".to_owned()),
        }
    }
}

/// JSON that was read, but is not an object.
impl From<serde_json::Error> for ApiError {
    fn from(_: serde_json::Error) -> Self {
        Self::MalformedJson(JsonError::NOT_AN_OBJECT)
    }
}
