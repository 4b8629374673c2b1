//! The OpenAPI 3.1 document: the routes' own words, with the contract's examples.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use utoipa::openapi::content::Content;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, RefOr};
use utoipa::{Modify, OpenApi};

use crate::problem::{FieldProblem, Problem};
use crate::routes::{account, health, key, password, session, specialite};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sihha",
        description = "The account service of a health platform: patients, doctors, hospitals and laboratories \
            register and log in, staff approve the last three, and other services trust the tokens.\n\n\
            Every path also answers with a trailing slash. Every error is a problem document (RFC 9457) with a \
            stable `code`. Members of a request that are not listed here are ignored."
    ),
    paths(
        account::register::patient,
        account::register::doctor,
        account::register::hospital,
        account::register::labo,
        session::login::patient,
        session::login::doctor,
        session::login::hospital,
        session::login::labo,
        session::token::refresh,
        session::token::verify,
        session::token::blacklist,
        account::me::read,
        account::me::change,
        password::change::change,
        session::manage::list,
        session::manage::revoke,
        session::manage::revoke_others,
        specialite::list::list,
        key::list::list,
        health::live::live,
        health::ready::ready,
    ),
    components(schemas(Problem, FieldProblem)),
    tags(
        (name = "Register", description = "Getting an account"),
        (name = "Log in", description = "Getting tokens"),
        (name = "Tokens", description = "Keeping and ending a session"),
        (name = "Account", description = "The caller's own data"),
        (name = "Reference data", description = "Lists to choose from"),
        (name = "Health", description = "For load balancers and operators")
    ),
    modifiers(&Security, &CommonErrors, &ContractExamples)
)]
struct Api;

/// The document.
#[must_use]
pub fn document() -> Document {
    Api::openapi()
}

/// The document as indented JSON, with a line break at its end.
///
/// # Panics
///
/// Never: the document is made of text and numbers.
#[must_use]
pub fn json() -> String {
    document().to_pretty_json().expect("the document is plain JSON") + "\n"
}

pub(crate) async fn serve() -> HttpResponse {
    static JSON: LazyLock<String> = LazyLock::new(json);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .body(JSON.as_str())
}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("access", SecurityScheme::Http(bearer));
    }
}

/// What every operation of a kind may answer, said once.
struct CommonErrors;

impl Modify for CommonErrors {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            let overload =
                "Too much to do, the data is locked, or the database is unavailable; see `Retry-After`";
            for operation in [&mut item.post, &mut item.patch].into_iter().flatten() {
                add_problem(operation, "408", "The body did not arrive in time");
                add_problem(operation, "413", "The body is larger than 64 KiB");
                add_problem(operation, "415", "The body is not said to be JSON");
                add_problem(operation, "503", overload);
            }
            let own = path.starts_with("/api/me");
            for operation in [&mut item.get, &mut item.delete].into_iter().flatten().filter(|_| own) {
                add_problem(operation, "503", overload);
            }
        }
    }
}

fn add_problem(operation: &mut Operation, status: &str, description: &str) {
    use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        ResponseBuilder::new().description(description).content("application/problem+json", content).build();
    operation.responses.responses.insert(status.to_owned(), RefOr::T(response));
}

/// The contract's own requests and answers, as examples.
struct ContractExamples;

const CASES: [&str; 9] = [
    include_str!("../../../tests/contract/cases/01-user-register.json"),
    include_str!("../../../tests/contract/cases/02-user-login.json"),
    include_str!("../../../tests/contract/cases/03-doctor-register.json"),
    include_str!("../../../tests/contract/cases/04-doctor-login-unapproved.json"),
    include_str!("../../../tests/contract/cases/05-hospital-register.json"),
    include_str!("../../../tests/contract/cases/07-hospital-login.json"),
    include_str!("../../../tests/contract/cases/08-labo-register.json"),
    include_str!("../../../tests/contract/cases/09-labo-login-unapproved.json"),
    include_str!("../../../tests/contract/cases/10-labo-login-wrong-password.json"),
];

impl Modify for ContractExamples {
    fn modify(&self, document: &mut Document) {
        for case in CASES.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok()) {
            let path = case["request"]["path"].as_str().unwrap_or_default().trim_end_matches('/');
            let Some(operation) = document.paths.paths.get_mut(path).and_then(|item| item.post.as_mut())
            else {
                continue;
            };
            let wrong_on_purpose = case["response"]["status"] == 401;
            if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| !wrong_on_purpose) {
                set_example(body.content.values_mut(), &case["request"]["json"]);
            }
            let status = case["response"]["status"].to_string();
            if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&status) {
                set_example(response.content.values_mut(), &filled_in(&case["response"]["json"]));
            }
        }
        let item = document.paths.paths.get_mut("/api/me");
        for operation in item.into_iter().flat_map(|item| [&mut item.get, &mut item.patch]).flatten() {
            if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
                set_example(response.content.values_mut(), &own_account());
            }
        }
    }
}

fn set_example<'a>(contents: impl Iterator<Item = &'a mut RefOr<Content>>, example: &Value) {
    for content in contents.filter(|_| !example.is_null()) {
        if let RefOr::T(content) = content {
            content.example = Some(example.clone());
        }
    }
}

/// What `GET /api/me` answers to the patient of the contract's first case: the registration's answer without tokens.
fn own_account() -> Value {
    let case: Value = serde_json::from_str(CASES[0]).unwrap_or_default();
    let mut account = filled_in(&case["response"]["json"]);
    if let Some(members) = account.as_object_mut() {
        members.retain(|name, _| name != "access" && name != "refresh");
        members.insert("married".to_owned(), json!(true));
    }
    account
}

/// The contract's placeholders replaced by values of their kind.
fn filled_in(value: &Value) -> Value {
    match value {
        Value::String(text) if text == "<uuid>" => json!("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"),
        Value::String(text) if text.ends_with("-jwt>") => json!("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…"),
        Value::Array(entries) => entries.iter().map(filled_in).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled_in(value))).collect()
        }
        other => other.clone(),
    }
}
