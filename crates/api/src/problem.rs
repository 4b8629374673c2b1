//! What is told when something is wrong: problem documents (RFC 9457).

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sihha_domain::account::{AccountError, Role, UniqueField};
use sihha_domain::password::{HashError, PasswordError};
use sihha_domain::session::{SessionError, SigningError, TokenError};
use sihha_domain::store::StoreError;
use sihha_domain::{FieldError, FieldErrors};
use utoipa::ToSchema;

use crate::bulkhead::Refused;

/// What an account that waits for approval is told; the contract fixes it.
pub(crate) const NOT_APPROVED: &str = "You are not approved yet";

/// Everything that a request can be refused for.
#[derive(Debug)]
pub enum ApiError {
    /// A use case refused.
    Domain(Error),
    /// Fields with values that break their rules.
    InvalidFields(FieldErrors),
    /// A value that another account has, by the path that the client sent.
    Taken(String),
    /// The body is no JSON object.
    MalformedJson(String),
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The body is not said to be JSON.
    UnsupportedMediaType,
    /// The body did not arrive in time.
    RequestTimeout,
    /// Nothing is at this path.
    NotFound,
    /// Something is, but not for this method. Holds those it is for.
    MethodNotAllowed(&'static str),
    /// Too much to do already.
    Overloaded,
    /// The service stops.
    Stopping,
    /// A defect; the log has the reason.
    Internal,
    /// Refused by the web server itself, with this status.
    Other(StatusCode),
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken(field) => Self::Domain(Error::Taken(field)),
            AccountError::InvalidFields(errors) => Self::InvalidFields(errors),
            AccountError::Token(error) => error.into(),
            AccountError::Hash(error) => error.into(),
            AccountError::Signing(error) => error.into(),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        Self::Domain(match error {
            SessionError::WrongCredentials => Error::WrongCredentials,
            SessionError::NotApproved => Error::NotApproved,
            SessionError::Suspended => Error::AccountSuspended,
            SessionError::Contended => Error::Contended,
            SessionError::ClientGone => Error::ClientGone,
            SessionError::UnknownSession => Error::UnknownSession,
            SessionError::Token(error) => return error.into(),
            SessionError::Hash(error) => return error.into(),
            SessionError::Signing(error) => return error.into(),
            SessionError::Store(error) => return error.into(),
        })
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::WrongPassword => Self::Domain(Error::WrongPassword),
            PasswordError::ClientGone => Self::Domain(Error::ClientGone),
            PasswordError::Token(error) => error.into(),
            PasswordError::Hash(error) => error.into(),
            PasswordError::Store(error) => error.into(),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::Domain(Error::TokenNotValid(error))
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::Domain(Error::Hash(error))
    }
}

impl From<SigningError> for ApiError {
    fn from(_: SigningError) -> Self {
        Self::Domain(Error::Signing)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Domain(Error::Store(error))
    }
}

/// For the time being: what `ApiError` is made of.
#[derive(Debug)]
#[expect(missing_docs, reason = "replaced")]
pub enum Error {
    Taken(UniqueField),
    InvalidFields(FieldErrors),
    WrongCredentials,
    WrongPassword,
    NotApproved,
    AccountSuspended,
    Contended,
    ClientGone,
    TokenNotValid(TokenError),
    TokenMissing,
    UnknownSession,
    Store(StoreError),
    Hash(HashError),
    Signing,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Full => Self::Overloaded,
            Refused::Panicked => Self::Internal,
        }
    }
}

/// JSON that was read, but is not of the type that was asked for.
impl From<serde_json::Error> for ApiError {
    fn from(_: serde_json::Error) -> Self {
        Self::MalformedJson("it is another JSON type".to_owned())
    }
}

/// What kind of problem it is.
struct Kind {
    status: StatusCode,
    /// For programs; it never changes.
    code: &'static str,
    /// For people.
    title: &'static str,
}

const fn kind(status: StatusCode, code: &'static str, title: &'static str) -> Kind {
    Kind { status, code, title }
}

impl ApiError {
    /// The one place where what went wrong becomes HTTP.
    fn kind(&self) -> Kind {
        use StatusCode as S;
        match self {
            Self::InvalidFields(_) | Self::Domain(Error::InvalidFields(_)) => {
                kind(S::BAD_REQUEST, "invalid_fields", "Invalid fields")
            }
            Self::MalformedJson(_) => kind(S::BAD_REQUEST, "malformed_json", "Malformed JSON"),
            Self::Domain(Error::WrongCredentials) => {
                kind(S::UNAUTHORIZED, "wrong_credentials", "Wrong e-mail or password")
            }
            Self::Domain(Error::WrongPassword) => kind(S::BAD_REQUEST, "wrong_password", "Wrong password"),
            Self::Domain(Error::TokenNotValid(_) | Error::TokenMissing) => {
                kind(S::UNAUTHORIZED, "token_not_valid", "Token not valid")
            }
            Self::Domain(Error::NotApproved) => kind(S::NOT_FOUND, "not_approved", "Not approved"),
            Self::Domain(Error::AccountSuspended) => {
                kind(S::FORBIDDEN, "account_suspended", "Account suspended")
            }
            Self::Domain(Error::UnknownSession) => kind(S::NOT_FOUND, "unknown_session", "Unknown session"),
            Self::NotFound => kind(S::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed(_) => {
                kind(S::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::RequestTimeout => kind(S::REQUEST_TIMEOUT, "request_timeout", "Request timeout"),
            Self::Taken(_) | Self::Domain(Error::Taken(_)) => kind(S::CONFLICT, "taken", "Already taken"),
            Self::PayloadTooLarge => kind(S::PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large"),
            Self::UnsupportedMediaType => {
                kind(S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
            }
            Self::Overloaded => kind(S::SERVICE_UNAVAILABLE, "overloaded", "Overloaded"),
            Self::Stopping => kind(S::SERVICE_UNAVAILABLE, "stopping", "Stopping"),
            Self::Domain(Error::Store(StoreError::Unavailable(_))) => {
                kind(S::SERVICE_UNAVAILABLE, "database_unavailable", "Database unavailable")
            }
            // A client that has gone sees neither this nor another answer.
            Self::Domain(
                Error::Store(StoreError::Locked | StoreError::Conflict)
                | Error::Contended
                | Error::ClientGone,
            ) => kind(S::SERVICE_UNAVAILABLE, "busy", "Busy"),
            Self::Domain(
                Error::Store(StoreError::Inconsistent(_) | StoreError::Unexpected(_))
                | Error::Hash(_)
                | Error::Signing,
            )
            | Self::Internal => kind(S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::Other(status) => kind(*status, "bad_request", status.canonical_reason().unwrap_or("Error")),
        }
    }

    /// What is wrong and what to do, for people.
    fn detail(&self) -> String {
        let text = match self {
            Self::MalformedJson(place) => return format!("The body must be a JSON object: {place}."),
            Self::MethodNotAllowed(allowed) => return format!("This path answers to {allowed}."),
            Self::InvalidFields(_) | Self::Domain(Error::InvalidFields(_)) => {
                "Some fields are missing or have values that are not allowed; `errors` names each."
            }
            Self::Taken(_) | Self::Domain(Error::Taken(_)) => {
                "Another account has this value already; `errors` names the field."
            }
            Self::Domain(Error::WrongCredentials) => "No account of this role has this e-mail and password.",
            Self::Domain(Error::TokenNotValid(_) | Error::TokenMissing) => {
                "The token is missing, expired, of the wrong type, or its session has ended; log in again."
            }
            Self::Domain(Error::WrongPassword) => "The present password is another one.",
            Self::Domain(Error::NotApproved) => NOT_APPROVED,
            Self::Domain(Error::AccountSuspended) => {
                "This account is suspended; ask whoever runs the platform why, and for how long."
            }
            Self::Domain(Error::UnknownSession) => "You have no live session of that id.",
            Self::NotFound => "Nothing is at this path; /docs/ lists what there is.",
            Self::RequestTimeout => "The body did not arrive in time.",
            Self::PayloadTooLarge => "The body may have at most 64 KiB.",
            Self::UnsupportedMediaType => {
                "Send the body as `Content-Type: application/json`, not compressed."
            }
            Self::Overloaded => {
                "There is too much to do right now; try again after the time in `Retry-After`."
            }
            Self::Stopping => "This instance is stopping; send requests to another one.",
            Self::Domain(Error::Store(StoreError::Unavailable(_))) => {
                "The service cannot reach its database; try again after the time in `Retry-After`."
            }
            Self::Domain(
                Error::Store(StoreError::Locked | StoreError::Conflict)
                | Error::Contended
                | Error::ClientGone,
            ) => {
                "Something else is using the same data right now; try again after the time in `Retry-After`."
            }
            Self::Domain(Error::Store(_) | Error::Hash(_) | Error::Signing) | Self::Internal => {
                "The service made a mistake; its log tells more under the request's id."
            }
            Self::Other(_) => "The request could not be understood.",
        };
        text.to_owned()
    }

    /// The stable code, for the log.
    pub(crate) fn code(&self) -> &'static str {
        self.kind().code
    }

    /// What the log should tell beyond the code; nothing secret.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Self::Domain(Error::Store(error)) => Some(error.to_string()),
            Self::Domain(Error::Hash(error)) => Some(error.to_string()),
            Self::Domain(Error::TokenNotValid(error)) => Some(format!("token not valid: {error}")),
            Self::Domain(Error::TokenMissing) => Some("token not valid: no bearer token".to_owned()),
            Self::Domain(Error::Contended) => Some(SessionError::Contended.to_string()),
            Self::Domain(Error::Signing) => Some(SigningError.to_string()),
            _ => None,
        }
    }

    fn errors(&self) -> Option<Value> {
        match self {
            Self::InvalidFields(errors) | Self::Domain(Error::InvalidFields(errors)) => {
                Some(errors_by_path(errors.iter()))
            }
            Self::Taken(path) => {
                Some(errors_by_path(std::iter::once((path.as_str(), [FieldError::Taken].as_slice()))))
            }
            _ => None,
        }
    }

    /// The answer to request `request_id`.
    pub(crate) fn response(&self, request_id: &str) -> HttpResponse {
        let Kind { status, code, title } = self.kind();
        let mut response = HttpResponse::build(status);
        match self {
            // Every 401 names a way in (RFC 9110 §15.5.2).
            Self::Domain(Error::WrongCredentials | Error::TokenMissing) => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer realm="sihha""#));
            }
            Self::Domain(Error::TokenNotValid(_)) => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer realm="sihha", error="invalid_token""#));
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, *allowed));
            }
            _ => {}
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        if matches!(self, Self::Domain(Error::NotApproved)) {
            return response.json(NOT_APPROVED);
        }
        let problem = Problem {
            kind: format!("urn:sihha:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors(),
        };
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.body(serde_json::to_vec(&problem).unwrap_or_default())
    }
}

fn errors_by_path<'a>(errors: impl Iterator<Item = (&'a str, &'a [FieldError])>) -> Value {
    let entry = |error: &FieldError| json!({ "code": error.code(), "message": error.to_string() });
    let by_path = errors.map(|(path, errors)| (path.to_owned(), errors.iter().map(entry).collect()));
    Value::Object(by_path.collect::<Map<_, _>>())
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.kind().status
    }

    /// The middleware answers in its place, as it knows the request's id.
    fn error_response(&self) -> HttpResponse {
        self.response("")
    }
}

/// The path of a unique field in a request of `role`: organisations and doctors nest it in `profile`.
pub(crate) fn unique_field_path(role: Role, field: UniqueField) -> String {
    match role {
        Role::Patient => field.name().to_owned(),
        Role::Doctor | Role::Hospital | Role::Labo => format!("profile.{}", field.name()),
    }
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A name for the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:sihha:problem:invalid_fields")]
    kind: String,
    /// The kind of problem, for people.
    #[schema(example = "Invalid fields")]
    title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// What is wrong and what to do, for people.
    detail: String,
    /// The kind of problem, for programs; it never changes.
    #[schema(example = "invalid_fields")]
    code: String,
    /// The request's id, as in the `X-Request-Id` header and in the log.
    request_id: String,
    /// What is wrong with which field, by the path that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, Vec<FieldProblem>>>)]
    errors: Option<Value>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// For programs; it never changes.
    #[schema(example = "malformed")]
    code: String,
    /// For people.
    #[schema(example = "Must be an e-mail address such as name@example.com.")]
    message: String,
}
