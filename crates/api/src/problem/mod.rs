//! Error responses: problem documents (RFC 9457).

mod body_type;
mod document;
mod response;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::Value;
use sihha_domain::account::{AccountError, Role, UniqueField};
use sihha_domain::approval::ApprovalError;
use sihha_domain::identifier::IdentifierSystem;
use sihha_domain::password::PasswordError;
use sihha_domain::session::{SessionError, TokenError};
use sihha_domain::store::StoreError;
use sihha_domain::{FieldError, FieldErrors};
use strum::{EnumDiscriminants, EnumIter, IntoEnumIterator, IntoStaticStr, VariantArray};

use self::body_type::ACCEPT_PATCH;
pub use self::body_type::BodyType;
pub(crate) use self::document::Problem;
use crate::bulkhead::Refused;
use crate::language::Language;

/// The response to a login of an account that awaits approval. The contract defines it for all
/// languages.
pub(crate) const NOT_APPROVED: &str = "You are not approved yet";

/// Every error that a response can report.
///
/// A variant's name in snake case is its published code, and the id of its texts in `messages/`.
#[derive(Debug, EnumDiscriminants, EnumIter)]
#[strum_discriminants(
    name(ProblemCode),
    vis(pub(crate)),
    doc = "Kinds of problems, with the names that programs know them by. A published one never changes.",
    derive(IntoStaticStr, VariantArray),
    strum(serialize_all = "snake_case")
)]
pub enum ApiError {
    /// Fields with values that break their rules.
    InvalidFields(FieldErrors),
    /// The body is not a JSON object.
    MalformedJson(JsonError),
    /// The request could not be read for another reason, which selects the text of `detail`.
    BadRequest(&'static str),
    /// The header `Idempotency-Key` is not a key, or was sent more than once.
    InvalidIdempotencyKey,
    /// Wrong password, unknown e-mail or another role's account.
    WrongCredentials,
    /// The token is missing (`None`) or not valid. The reason is for the log.
    TokenNotValid(Option<TokenError>),
    /// The password is correct, but staff have suspended the account.
    AccountSuspended,
    /// The account does not have the role or the approval that a gateway requires.
    Forbidden,
    /// The access token is limited to an application.
    InsufficientScope,
    /// The password is correct, but staff have not approved the account.
    NotApproved,
    /// The caller has no live session with this id.
    UnknownSession,
    /// There is no such application.
    UnknownApplication,
    /// There is no such endpoint.
    NotFound,
    /// The path does not have this method, only these.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    RequestTimeout,
    /// An account has the value at this path.
    Taken(String),
    /// The application has been decided.
    AlreadyDecided,
    /// The caller's conditions do not hold: the data has changed since it was read.
    PreconditionFailed,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The request's head is larger than the limit.
    HeadTooLarge,
    /// The URL is longer than the limit.
    UrlTooLong,
    /// The body is not declared as this.
    UnsupportedMediaType(BodyType),
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// A defect, with its cause for the log.
    Internal(String),
    /// Too many requests are being processed.
    Overloaded,
    /// The service is stopping.
    Stopping,
    /// The database is unavailable, with the cause for the log.
    DatabaseUnavailable(String),
    /// Another request holds the data, with the cause for the log.
    Busy(String),
}

/// Why a body is not a JSON object.
#[derive(Debug, Default)]
pub struct JsonError {
    /// Selects the text of `detail`.
    defect: &'static str,
    line: usize,
    column: usize,
}

impl ProblemCode {
    /// Returns the codes that problem documents have.
    pub(crate) fn of_documents() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied().filter(|code| *code != Self::NotApproved)
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::InvalidFields | Self::MalformedJson | Self::BadRequest | Self::InvalidIdempotencyKey => {
                StatusCode::BAD_REQUEST
            }
            Self::WrongCredentials | Self::TokenNotValid => StatusCode::UNAUTHORIZED,
            Self::AccountSuspended | Self::Forbidden | Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::NotApproved | Self::UnknownSession | Self::UnknownApplication | Self::NotFound => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken | Self::AlreadyDecided => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded | Self::Stopping | Self::DatabaseUnavailable | Self::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Returns the response to an error with this code, in English.
    pub(crate) fn example_response(self) -> HttpResponse {
        self.example_error().response("f3734e72-dcc1-425a-afad-0a3c55deb2f9", Language::English)
    }

    fn example_error(self) -> ApiError {
        match self {
            Self::InvalidFields => {
                ApiError::InvalidFields(FieldErrors::one("password", FieldError::TooShort { min: 8 }))
            }
            Self::MalformedJson => {
                ApiError::MalformedJson(JsonError { defect: "syntax", line: 1, column: 17 })
            }
            Self::TokenNotValid => ApiError::TokenNotValid(Some(TokenError::Expired)),
            Self::MethodNotAllowed => ApiError::MethodNotAllowed("GET, HEAD"),
            Self::Taken => ApiError::Taken("profile.email".to_owned()),
            _ => ApiError::iter().find(|error| self == error.into()).unwrap_or(ApiError::UNREADABLE),
        }
    }
}

impl JsonError {
    /// The body is a JSON value other than an object.
    pub(crate) const NOT_AN_OBJECT: Self = Self { defect: "not_an_object", line: 1, column: 1 };

    /// Returns why `body` is not JSON, and where `error` found it.
    pub(crate) fn of(body: &[u8], error: &serde_json::Error) -> Self {
        // JSON begins with an ASCII character.
        let is_utf_16 =
            matches!(body, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..]);
        let defect = match error {
            _ if is_utf_16 => "utf_16",
            _ if std::str::from_utf8(body).is_err() => "not_utf_8",
            error if error.is_eof() => "incomplete",
            _ => "syntax",
        };
        Self { defect, line: error.line(), column: error.column() }
    }
}

impl ApiError {
    /// The request could not be read.
    pub(crate) const UNREADABLE: Self = Self::BadRequest("unreadable");

    /// Returns the error for a request that the web server itself refused with `status`.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            status if status.is_server_error() => Self::Internal(format!("the web server answered {status}")),
            _ => Self::UNREADABLE,
        }
    }

    /// Returns the stable code for programs and the log.
    pub(crate) fn code(&self) -> &'static str {
        ProblemCode::from(self).into()
    }

    /// Returns the cause, which is logged with the code. It contains no secrets.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Self::TokenNotValid(Some(error)) => Some(format!("token not valid: {error}")),
            Self::TokenNotValid(None) => Some("token not valid: no bearer token".to_owned()),
            Self::Internal(cause) | Self::DatabaseUnavailable(cause) | Self::Busy(cause) => {
                Some(cause.clone())
            }
            _ => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        ProblemCode::from(self).status()
    }

    /// Returns a response with only the status. The middleware adds the document with the request's
    /// id and language.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Returns the error for an account of `role` that a client sent. It names a taken value by its path
/// in `sent`. Only patients do not nest it in `profile`.
pub(crate) fn account_error(error: AccountError, role: Role, sent: &Value) -> ApiError {
    let AccountError::Taken(field) = error else { return error.into() };
    let (parent, profile) = match role {
        Role::Patient => ("", sent),
        Role::Doctor | Role::Hospital | Role::Labo => ("profile.", &sent["profile"]),
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
            AccountError::KeyReused => Self::IdempotencyKeyReused,
            AccountError::Token(error) => error.into(),
            AccountError::Hash(error) => Self::Internal(error.to_string()),
            AccountError::Signing(error) => Self::Internal(error.to_string()),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<ApprovalError> for ApiError {
    fn from(error: ApprovalError) -> Self {
        match error {
            ApprovalError::UnknownApplication => Self::UnknownApplication,
            ApprovalError::AlreadyDecided { .. } => Self::AlreadyDecided,
            ApprovalError::Token(error) => error.into(),
            ApprovalError::Store(error) => error.into(),
            // Only requests of staff have these.
            ApprovalError::ClaimedByOther { .. }
            | ApprovalError::NothingToUndo
            | ApprovalError::KeyReused
            | ApprovalError::Taken(_) => Self::Internal(error.to_string()),
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
            SessionError::Hash(error) => Self::Internal(error.to_string()),
            SessionError::Signing(error) => Self::Internal(error.to_string()),
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
            PasswordError::KeyReused => Self::IdempotencyKeyReused,
            PasswordError::ClientGone => Self::Busy(error.to_string()),
            PasswordError::Token(error) => error.into(),
            PasswordError::Hash(error) => Self::Internal(error.to_string()),
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

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::Overloaded,
            Refused::Panicked => Self::Internal("a use case panicked".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
