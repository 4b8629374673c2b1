//! Conversion of errors of other layers to problems.

use sihha_domain::account::AccountError;
use sihha_domain::password::{HashError, PasswordError};
use sihha_domain::session::{SessionError, SigningError, TokenError};
use sihha_domain::store::StoreError;
use sihha_domain::{FieldError, FieldErrors};

use super::{ApiError, JsonError};
use crate::bulkhead::Refused;

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken(field) => Self::Taken(field.name().to_owned()),
            AccountError::Token(error) => error.into(),
            AccountError::Hash(error) => error.into(),
            AccountError::Signing(error) => error.into(),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::WrongCredentials => Self::WrongCredentials,
            SessionError::NotApproved => Self::NotApproved,
            SessionError::Suspended => Self::AccountSuspended,
            SessionError::UnknownSession => Self::UnknownSession,
            // A client that has closed the connection gets no response.
            SessionError::Contended | SessionError::ClientGone => Self::Busy(error.to_string()),
            SessionError::Token(error) => error.into(),
            SessionError::Hash(error) => error.into(),
            SessionError::Signing(error) => error.into(),
            SessionError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            // Not 401: the token is valid, and a client must not discard it.
            PasswordError::WrongPassword => {
                Self::InvalidFields(FieldErrors::one("current_password", FieldError::Wrong))
            }
            PasswordError::ClientGone => Self::Busy(error.to_string()),
            PasswordError::Token(error) => error.into(),
            PasswordError::Hash(error) => error.into(),
            PasswordError::Store(error) => error.into(),
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
        Self::TokenNotValid(Some(error))
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SigningError> for ApiError {
    fn from(error: SigningError) -> Self {
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

/// Converts the error of a valid JSON value that is not an object.
impl From<serde_json::Error> for ApiError {
    fn from(_: serde_json::Error) -> Self {
        Self::MalformedJson(JsonError::NOT_AN_OBJECT)
    }
}
