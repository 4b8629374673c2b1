//! Responses of errors, shared by all operations. Their examples are rendered as the service
//! renders them.

use std::collections::BTreeMap;
use std::fmt::Write;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::Value;
use sihha_domain::session::TokenError;
use sihha_domain::store::StoreError;
use sihha_domain::{FieldError, FieldErrors};
use utoipa::ToSchema;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{Components, Object, Schema, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response};

use super::headers;
use crate::problem::{ApiError, Error, Problem};

/// Errors of operations with a request body.
pub(super) const OF_BODIES: [&str; 5] =
    ["malformed_json", "invalid_fields", "request_timeout", "payload_too_large", "unsupported_media_type"];
/// Errors of operations that need an access token.
pub(super) const OF_ACCESS_TOKENS: [&str; 1] = ["token_not_valid"];
/// Errors of operations that may find the service overloaded or the database unavailable.
pub(super) const OF_LOAD: [&str; 3] = ["overloaded", "busy", "database_unavailable"];

const REQUEST_ID: &str = "0d6f8ec2-8c1c-4d21-b6a4-0e7a3b0f5c11";

/// An error as a client receives it.
struct Rendered {
    code: &'static str,
    status: u16,
    media_type: String,
    headers: Vec<&'static str>,
    body: Value,
}

/// Returns an error of the code. Every other place derives status, title and example from it.
fn error(code: &str) -> ApiError {
    match code {
        "malformed_json" => ApiError::MalformedJson("the syntax is wrong at line 1, column 2".to_owned()),
        "invalid_fields" => {
            let mut errors = FieldErrors::default();
            errors.add("email", FieldError::Required);
            ApiError::InvalidFields(errors)
        }
        "wrong_credentials" => ApiError::Domain(Error::WrongCredentials),
        "token_not_valid" => TokenError::Expired.into(),
        "account_suspended" => ApiError::Domain(Error::AccountSuspended),
        "not_approved" => ApiError::Domain(Error::NotApproved),
        "unknown_session" => ApiError::Domain(Error::UnknownSession),
        "request_timeout" => ApiError::RequestTimeout,
        "taken" => ApiError::Taken("email".to_owned()),
        "payload_too_large" => ApiError::PayloadTooLarge,
        "unsupported_media_type" => ApiError::UnsupportedMediaType,
        "overloaded" => ApiError::Overloaded,
        "busy" => ApiError::Domain(Error::Contended),
        "database_unavailable" => StoreError::Unavailable("".into()).into(),
        "stopping" => ApiError::Stopping,
        _ => ApiError::Internal,
    }
}

fn render(code: &'static str) -> Rendered {
    let response = error(code).response(REQUEST_ID);
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let headers = headers::names(|name| response.headers().contains_key(name));
    let status = response.status().as_u16();
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Rendered { code, status, media_type, headers, body }
}

/// Returns references to the responses of the errors `codes` by status, and to that of any other
/// error. Adds the responses to `components`.
pub(super) fn responses(
    codes: &[&'static str],
    components: &mut Components,
) -> impl Iterator<Item = (String, RefOr<Response>)> {
    let mut by_status: BTreeMap<u16, Vec<Rendered>> = BTreeMap::new();
    for rendered in codes.iter().map(|code| render(code)) {
        by_status.entry(rendered.status).or_default().push(rendered);
    }
    let mut responses: Vec<_> = by_status
        .into_iter()
        .map(|(status, errors)| (status.to_string(), share(&errors, components)))
        .collect();
    responses.push(("default".to_owned(), share(&[render("internal")], components)));
    responses.into_iter()
}

/// Adds the response to `components` under a name that is made of the codes, and returns a
/// reference to it.
fn share(errors: &[Rendered], components: &mut Components) -> RefOr<Response> {
    let name = errors.iter().map(|error| pascal_case(error.code)).collect::<Vec<_>>().join("Or");
    let mut response = Response::new(describe(errors));
    for error in errors {
        response.headers.extend(headers::references(&error.headers, components));
        let content = response.content.entry(error.media_type.clone());
        let content =
            content.or_insert_with(|| RefOr::T(Content::new(Some(schema(&error.body, components)))));
        if let RefOr::T(content) = content {
            let example = ExampleBuilder::new().value(Some(error.body.clone()));
            content.examples.insert(error.code.to_owned(), example.into());
        }
    }
    components.responses.insert(name.clone(), RefOr::T(response));
    Ref::from_response_name(name).into()
}

/// The contract fixes a bare text for accounts that await approval. All other errors are problem
/// documents.
fn schema(body: &Value, components: &mut Components) -> RefOr<Schema> {
    if body.is_string() {
        return Object::with_type(Type::String).into();
    }
    let mut schemas = vec![(Problem::name().into_owned(), <Problem as utoipa::PartialSchema>::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    Ref::from_schema_name(Problem::name()).into()
}

/// Returns the titles with their codes.
fn describe(errors: &[Rendered]) -> String {
    let mut description = String::new();
    for error in errors {
        let title = error.body["title"].as_str().or(error.body.as_str()).unwrap_or_default();
        let separator = if description.is_empty() { "" } else { "; " };
        let _ = write!(description, "{separator}{title} (`{}`)", error.code);
    }
    if errors.iter().any(|error| error.status == StatusCode::INTERNAL_SERVER_ERROR) {
        description.insert_str(0, "Any other error, such as: ");
    }
    description
}

fn pascal_case(code: &str) -> String {
    let words = code.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect()
}
