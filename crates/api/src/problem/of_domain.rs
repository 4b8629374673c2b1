//! The errors of the domain as errors of responses.

use serde_json::Value;
use sihha_domain::account::{AccountError, Role, UniqueField};
use sihha_domain::approval::ApprovalError;
use sihha_domain::email::EmailError;
use sihha_domain::identifier::IdentifierSystem;
use sihha_domain::password::PasswordError;
use sihha_domain::secret_box::SecretBoxError;
use sihha_domain::session::{SessionError, TokenError};
use sihha_domain::staff::{StaffError, StaffSessionError};
use sihha_domain::store::StoreError;
use sihha_domain::suspension::SuspensionError;
use sihha_domain::throttle::Throttled;
use sihha_domain::{FieldError, FieldErrors};

use super::{ApiError, ClaimHolder, EarlierDecision};
use crate::bulkhead::Refused;
use crate::timestamp::Timestamp;

/// Returns the error for an account of `role` that a client sent. It names a taken value by its path
/// in `sent`, and a refused password by its own. Only patients do not nest them in `profile`.
pub(crate) fn account_error(error: AccountError, role: Role, sent: &Value) -> ApiError {
    let (parent, profile) = match role {
        Role::Patient => ("", sent),
        Role::Doctor | Role::Hospital | Role::Labo => ("profile.", &sent["profile"]),
    };
    let field = match error {
        AccountError::Taken(field) => field,
        AccountError::WeakPassword(refused) => {
            return ApiError::InvalidFields(FieldErrors::one(format!("{parent}password"), refused));
        }
        error => return error.into(),
    };
    let UniqueField::Identifier(system) = field else {
        return ApiError::Taken(format!("{parent}{}", field.name()));
    };
    let has_system =
        |entry: &Value| entry["system"].as_str().map(IdentifierSystem::parse) == Some(Ok(system));
    let entries = profile["identifiers"].as_array();
    let index = entries.and_then(|entries| entries.iter().position(has_system)).unwrap_or_default();
    ApiError::Taken(format!("{parent}identifiers.{index}.value"))
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken(field) => Self::Taken(field.name().to_owned()),
            AccountError::WeakPassword(refused) => Self::InvalidFields(FieldErrors::one("password", refused)),
            AccountError::KeyReused => Self::IdempotencyKeyReused,
            AccountError::Token(error) => error.into(),
            AccountError::Hash(error) => Self::Internal(error.to_string()),
            AccountError::Signing(error) => Self::Internal(error.to_string()),
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
            SessionError::EmailNotVerified => Self::EmailNotVerified,
            SessionError::Throttled(error) => error.into(),
            SessionError::UnknownSession => Self::UnknownSession,
            // A client that has closed the connection gets no response.
            SessionError::Contended | SessionError::ClientGone => Self::Busy(error.to_string()),
            SessionError::Token(error) => error.into(),
            SessionError::Hash(error) => Self::Internal(error.to_string()),
            SessionError::Signing(error) => Self::Internal(error.to_string()),
            SessionError::Store(error) => error.into(),
        }
    }
}

/// Returns the error for a new password that a client sent as `field`.
pub(crate) fn password_error(error: PasswordError, field: &str) -> ApiError {
    match error {
        PasswordError::WeakPassword(refused) => ApiError::InvalidFields(FieldErrors::one(field, refused)),
        error => error.into(),
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            // Not 401: the token is valid, and a client must not discard it.
            PasswordError::WrongPassword => {
                Self::InvalidFields(FieldErrors::one("current_password", FieldError::Wrong))
            }
            PasswordError::WeakPassword(_) => password_error(error, "password"),
            PasswordError::KeyReused => Self::IdempotencyKeyReused,
            PasswordError::ClientGone => Self::Busy(error.to_string()),
            PasswordError::Link(error) => Self::LinkNotValid(error),
            PasswordError::Throttled(error) => error.into(),
            PasswordError::Token(error) => error.into(),
            PasswordError::Hash(error) => Self::Internal(error.to_string()),
            PasswordError::Store(error) => error.into(),
        }
    }
}

impl From<EmailError> for ApiError {
    fn from(error: EmailError) -> Self {
        let field = |name, error| Self::InvalidFields(FieldErrors::one(name, error));
        match error {
            EmailError::Link(error) => Self::LinkNotValid(error),
            EmailError::Taken => Self::Taken("email".to_owned()),
            EmailError::Unchanged => field("email", FieldError::Unchanged),
            EmailError::WrongPassword => field("password", FieldError::Wrong),
            EmailError::Throttled(error) => error.into(),
            EmailError::Token(error) => error.into(),
            EmailError::Hash(error) => Self::Internal(error.to_string()),
            EmailError::Store(error) => error.into(),
        }
    }
}

impl From<ApprovalError> for ApiError {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::UnknownApplication => Self::UnknownApplication,
            ApprovalError::AlreadyDecided { state, by, at } => {
                let (state, by) = (state.as_str(), by.map(|name| name.as_str().to_owned()));
                Self::AlreadyDecided(Box::new(EarlierDecision { state, by, at: Timestamp(at) }))
            }
            ApprovalError::ClaimedByOther { by, until } => Self::ClaimedByOther(Box::new(ClaimHolder {
                by: by.name.as_str().to_owned(),
                directorate: by.directorate.map(|directorate| directorate.as_str().to_owned()),
                until: Timestamp(until),
            })),
            ApprovalError::NothingToUndo => Self::NothingToUndo,
            ApprovalError::KeyReused(_) => Self::IdempotencyKeyReused,
            ApprovalError::Taken(field) => Self::Taken(field.name().to_owned()),
            ApprovalError::Token(error) => error.into(),
            ApprovalError::Store(error) => error.into(),
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

impl From<Throttled> for ApiError {
    fn from(throttled: Throttled) -> Self {
        Self::TooManyAttempts(throttled.retry_after)
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

impl From<StaffError> for ApiError {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::UnknownMember => Self::UnknownMember,
            StaffError::EmailTaken => Self::Taken("email".to_owned()),
            StaffError::WeakPassword(refused) => Self::InvalidFields(FieldErrors::one("password", refused)),
            StaffError::LastAdmin => Self::LastAdmin,
            StaffError::KeyReused(_) => Self::IdempotencyKeyReused,
            StaffError::SecretBox(error) => error.into(),
            StaffError::Hash(error) => Self::Internal(error.to_string()),
            StaffError::Store(error) => error.into(),
        }
    }
}

impl From<StaffSessionError> for ApiError {
    fn from(error: StaffSessionError) -> Self {
        match error {
            StaffSessionError::WrongCredentials => Self::WrongCredentials,
            StaffSessionError::Throttled(error) => error.into(),
            StaffSessionError::OtpRequired => Self::OtpRequired,
            StaffSessionError::Contended | StaffSessionError::ClientGone => Self::Busy(error.to_string()),
            StaffSessionError::Token(error) => error.into(),
            StaffSessionError::SecretBox(error) => error.into(),
            StaffSessionError::Hash(error) => Self::Internal(error.to_string()),
            StaffSessionError::Signing(error) => Self::Internal(error.to_string()),
            StaffSessionError::Store(error) => error.into(),
        }
    }
}

impl From<SecretBoxError> for ApiError {
    fn from(error: SecretBoxError) -> Self {
        match error {
            SecretBoxError::NoKey => Self::NoSecretKey,
            SecretBoxError::NotAuthentic => Self::Internal(error.to_string()),
        }
    }
}

impl From<SuspensionError> for ApiError {
    fn from(error: SuspensionError) -> Self {
        match error {
            SuspensionError::UnknownAccount => Self::UnknownAccount,
            SuspensionError::KeyReused(_) => Self::IdempotencyKeyReused,
            SuspensionError::Store(error) => error.into(),
        }
    }
}
