//! Responses of errors, shared by all operations. Their examples are rendered as the service
//! renders them.

use std::collections::BTreeMap;
use std::fmt::Write;

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{Components, Object, Schema, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response};

use super::headers;
use crate::problem::{Problem, ProblemCode};

/// Errors of operations with a request body.
pub(super) const OF_BODIES: [ProblemCode; 5] = [
    ProblemCode::MalformedJson,
    ProblemCode::InvalidFields,
    ProblemCode::RequestTimeout,
    ProblemCode::PayloadTooLarge,
    ProblemCode::UnsupportedMediaType,
];
/// Errors of operations that need an access token.
pub(super) const OF_ACCESS_TOKENS: [ProblemCode; 1] = [ProblemCode::TokenNotValid];
/// Errors of operations that may find the service overloaded or the database unavailable.
pub(super) const OF_LOAD: [ProblemCode; 3] =
    [ProblemCode::Overloaded, ProblemCode::Busy, ProblemCode::DatabaseUnavailable];

/// An error as a client receives it.
struct Rendered {
    code: ProblemCode,
    response: HttpResponse<()>,
    body: Value,
}

impl Rendered {
    /// Returns the code as clients know it.
    fn code(&self) -> &'static str {
        self.code.into()
    }
}

fn render(code: ProblemCode) -> Rendered {
    let (response, body) = code.example_response().into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    Rendered { code, response, body: serde_json::from_slice(&body).unwrap_or_default() }
}

/// Returns references to the responses of the errors `codes` by status, and to that of any other
/// error. Adds the responses to `components`.
pub(super) fn responses(
    codes: &[ProblemCode],
    components: &mut Components,
) -> impl Iterator<Item = (String, RefOr<Response>)> {
    let mut by_status: BTreeMap<u16, Vec<Rendered>> = BTreeMap::new();
    for rendered in codes.iter().map(|code| render(*code)) {
        by_status.entry(rendered.response.status().as_u16()).or_default().push(rendered);
    }
    let mut responses: Vec<_> = by_status
        .into_iter()
        .map(|(status, errors)| (status.to_string(), share(&errors, components)))
        .collect();
    responses.push(("default".to_owned(), share(&[render(ProblemCode::Internal)], components)));
    responses.into_iter()
}

/// Adds the response to `components` under a name that is made of the codes, and returns a
/// reference to it.
fn share(errors: &[Rendered], components: &mut Components) -> RefOr<Response> {
    let name = errors.iter().map(|error| format!("{:?}", error.code)).collect::<Vec<_>>().join("Or");
    let mut response = Response::new(describe(errors));
    for error in errors {
        let headers = error.response.headers();
        let is_sent = |name: &str| name == headers::REQUEST_ID || headers.contains_key(name);
        response.headers.extend(headers::references(is_sent, components));
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content = response.content.entry(media_type.unwrap_or_default().to_owned());
        let content =
            content.or_insert_with(|| RefOr::T(Content::new(Some(schema(&error.body, components)))));
        let RefOr::T(content) = content else { continue };
        // A generator warns about a list with one example that is a bare text.
        if error.body.is_string() {
            content.example = Some(error.body.clone());
        } else {
            let example = ExampleBuilder::new().value(Some(error.body.clone()));
            content.examples.insert(error.code().to_owned(), example.into());
        }
    }
    components.responses.insert(name.clone(), RefOr::T(response));
    Ref::from_response_name(name).into()
}

/// Returns the schema of an error: a problem document, except for the contract's text for accounts
/// that await approval.
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
        let _ = write!(description, "{separator}{title} (`{}`)", error.code());
    }
    if errors.iter().any(|error| error.code == ProblemCode::Internal) {
        description.insert_str(0, "Any other error, such as: ");
    }
    description
}
