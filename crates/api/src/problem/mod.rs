//! Error responses: problem documents (RFC 9457).

mod body_type;
mod document;
mod of_domain;
mod response;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use chrono::TimeDelta;
use serde::Serialize;
use sihha_domain::language::Language;
use sihha_domain::mail::MailTokenError;
use sihha_domain::session::TokenError;
use sihha_domain::{FieldError, FieldErrors};
use strum::{EnumDiscriminants, EnumIter, IntoEnumIterator, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use self::body_type::ACCEPT_PATCH;
pub use self::body_type::BodyType;
pub(crate) use self::document::{Problem, field_message};
pub(crate) use self::of_domain::{account_error, password_error};
use crate::openapi::choices::ApprovalStateChoice;
use crate::timestamp::Timestamp;

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
    /// The token of a mail's link is not valid. The reason is for the log.
    LinkNotValid(MailTokenError),
    /// The password is correct, but staff have suspended the account.
    AccountSuspended,
    /// The password is correct, but the owner must confirm the account's address first.
    EmailNotVerified,
    /// The account does not have the role or the approval that a gateway requires.
    Forbidden,
    /// The access token is limited to an application.
    InsufficientScope,
    /// The password is correct, but staff have not approved the account.
    NotApproved,
    /// Wrong, used or missing one-time code of staff, after the right password.
    OtpRequired,
    /// The caller has no live session with this id.
    UnknownSession,
    /// There is no such application, or the caller may not see it.
    UnknownApplication,
    /// There is no such account, or the caller may not see it.
    UnknownAccount,
    /// There is no such member of staff.
    UnknownMember,
    /// Another decision was first.
    AlreadyDecided(Box<EarlierDecision>),
    /// Another member of staff has claimed the application.
    ClaimedByOther(Box<ClaimHolder>),
    /// No decision of the caller is held.
    NothingToUndo,
    /// The last admin can neither be disabled nor become a reviewer.
    LastAdmin,
    /// The account may only be read for a reason.
    ReasonRequired,
    /// There were too many failed attempts. Contains how long to wait, at least a second.
    TooManyAttempts(TimeDelta),
    /// The client's network sends too many requests. Contains how long to wait.
    TooManyRequests(TimeDelta),
    /// There is no such endpoint.
    NotFound,
    /// The path does not have this method, only these.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    RequestTimeout,
    /// An account has the value at this path.
    Taken(String),
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
    /// The service has no key that encrypts the secrets of staff.
    NoSecretKey,
}

/// A decision that was first: parameters of a problem.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct EarlierDecision {
    /// The state of the application.
    #[schema(value_type = ApprovalStateChoice)]
    state: &'static str,
    /// Name of the member of staff who decided; `null` if the applicant acted.
    #[schema(required = true)]
    by: Option<String>,
    /// When.
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
}

/// The holder of a claim: parameters of a problem.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct ClaimHolder {
    /// Name of the member of staff.
    by: String,
    /// The health directorate that the person works for.
    #[schema(required = true)]
    directorate: Option<String>,
    /// When the claim expires.
    #[schema(value_type = DateTime<Utc>)]
    until: Timestamp,
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
            Self::ReasonRequired | Self::LinkNotValid => StatusCode::BAD_REQUEST,
            Self::WrongCredentials | Self::TokenNotValid | Self::OtpRequired => StatusCode::UNAUTHORIZED,
            Self::AccountSuspended | Self::EmailNotVerified | Self::Forbidden | Self::InsufficientScope => {
                StatusCode::FORBIDDEN
            }
            Self::NotApproved
            | Self::UnknownSession
            | Self::UnknownApplication
            | Self::UnknownAccount
            | Self::UnknownMember
            | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken
            | Self::AlreadyDecided
            | Self::ClaimedByOther
            | Self::NothingToUndo
            | Self::LastAdmin => StatusCode::CONFLICT,
            Self::TooManyAttempts | Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded
            | Self::Stopping
            | Self::DatabaseUnavailable
            | Self::Busy
            | Self::NoSecretKey => StatusCode::SERVICE_UNAVAILABLE,
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
            Self::TooManyAttempts => ApiError::TooManyAttempts(TimeDelta::seconds(30)),
            Self::TooManyRequests => ApiError::TooManyRequests(TimeDelta::seconds(2)),
            Self::LinkNotValid => ApiError::LinkNotValid(MailTokenError::Expired),
            Self::MethodNotAllowed => ApiError::MethodNotAllowed("GET, HEAD"),
            Self::Taken => ApiError::Taken("profile.email".to_owned()),
            Self::AlreadyDecided => ApiError::AlreadyDecided(Box::new(EarlierDecision {
                state: "approved",
                by: Some("Nadia Cherif".to_owned()),
                at: Timestamp::default(),
            })),
            Self::ClaimedByOther => ApiError::ClaimedByOther(Box::new(ClaimHolder {
                by: "Nadia Cherif".to_owned(),
                directorate: Some("DSP d’Oran".to_owned()),
                until: Timestamp::default(),
            })),
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
            Self::LinkNotValid(error) => Some(format!("link not valid: {error}")),
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

#[cfg(test)]
mod tests;
