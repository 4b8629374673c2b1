//! Helpers of several modules: accounts, requests to break, problem documents, and the content of
//! tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sihha_tests::{Client, Response, TestApp, samples};

/// The roles, as in paths.
pub(crate) const ROLES: [&str; 4] = ["user", "doctor", "hospital", "labo"];

/// Registers the sample of `role`.
#[track_caller]
pub(crate) fn register(client: &Client, role: &str, email: &str) -> Response {
    send_registration(client, role, &samples::registration(role, email))
}

/// Sends a registration that must succeed.
#[track_caller]
pub(crate) fn send_registration(client: &Client, role: &str, body: &Value) -> Response {
    let answer = client.post(&format!("/api/{role}/register"), body);
    assert_eq!(answer.status, 201, "{role}: {}", answer.text);
    answer
}

/// Sends a login with the samples' password.
pub(crate) fn log_in(client: &Client, role: &str, email: &str) -> Response {
    client.post(&format!("/api/{role}/login"), &samples::login(email))
}

/// Sends a login.
pub(crate) fn log_in_with(client: &Client, role: &str, email: &str, password: &str) -> Response {
    client.post(&format!("/api/{role}/login"), &json!({ "email": email, "password": password }))
}

/// Checks that the response is a complete problem document (RFC 9457) with this status and code.
#[track_caller]
pub(crate) fn assert_problem(answer: &Response, status: u16, code: &str, case: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{case}: {}", answer.text);
    assert_eq!(answer.header("Content-Type"), "application/problem+json", "{case}");
    assert_eq!(answer.json["status"], status, "{case}");
    for member in ["type", "title", "detail", "request_id"] {
        assert!(!answer.text_at(member).is_empty(), "{case}: no `{member}` in {}", answer.text);
    }
    assert_eq!(answer.text_at("request_id"), answer.header("X-Request-Id"), "{case}");
    if status == 503 {
        let seconds: u32 = answer.header("Retry-After").parse().expect("Retry-After in seconds");
        assert!(seconds > 0, "{case}");
    }
}

/// Checks that the response refuses a bearer token as RFC 6750 §3.1 says.
#[track_caller]
pub(crate) fn assert_invalid_token(answer: &Response, case: &str) {
    assert_problem(answer, 401, "token_not_valid", case);
    let challenge = answer.header("WWW-Authenticate");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#),
        "{case}: {challenge}"
    );
}

/// Checks that the response rejects exactly these fields, each for one reason.
#[track_caller]
pub(crate) fn assert_fields(answer: &Response, wanted: &[(&str, &str)], case: &str) {
    assert_problem(answer, 400, "invalid_fields", case);
    let mut got: Vec<_> =
        answer.field_paths().into_iter().map(|path| (path, answer.field_codes(path).join(" "))).collect();
    let mut wanted: Vec<_> = wanted.iter().map(|(path, code)| (*path, (*code).to_owned())).collect();
    got.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(got, wanted, "{case}");
}

/// Returns `body` with `value` at `path`, such as `profile.email`.
pub(crate) fn with(mut body: Value, path: &str, value: impl Into<Value>) -> Value {
    *member(&mut body, path) = value.into();
    body
}

/// Returns `body` without the member at `path`.
pub(crate) fn without(mut body: Value, path: &str) -> Value {
    let (object, name) = path.rsplit_once('.').map_or(("", path), |(object, name)| (object, name));
    let object = if object.is_empty() { &mut body } else { member(&mut body, object) };
    object.as_object_mut().expect("an object").remove(name).expect("the member exists");
    body
}

fn member<'a>(body: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(body, |value, name| &mut value[name])
}

/// Returns the path of the profile's `field` in a registration of `role`.
pub(crate) fn profile_path(role: &str, field: &str) -> String {
    if role == "user" { field.to_owned() } else { format!("profile.{field}") }
}

/// Returns the header and the claims of a token, without a check of its signature.
pub(crate) fn opened(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let part = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&part).expect("a part of a token is JSON in base64url")
    });
    (parts.next().expect("a header"), parts.next().expect("claims"))
}

/// Signs `claims` as the service does.
pub(crate) fn signed(claims: &Value) -> String {
    signed_with(&Header::new(Algorithm::HS256), claims, TestApp::JWT_SECRET)
}

/// Signs `claims` with another header or secret.
pub(crate) fn signed_with(header: &Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).expect("a token")
}

/// Encodes as base64url without padding (RFC 4648 §5).
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the private key of an app with one key in its folder, as PKCS#8 in DER.
pub(crate) fn private_key(app: &TestApp) -> Vec<u8> {
    let file =
        std::fs::read_dir(app.signing_keys()).expect("a folder").next().expect("a key").expect("a key");
    let text = std::fs::read_to_string(file.path()).expect("a key");
    let (_, body) = text.split_once("-----BEGIN PRIVATE KEY-----").expect("PEM");
    let (body, _) = body.split_once("-----END").expect("PEM");
    STANDARD.decode(body.replace('\n', "")).expect("base64")
}

/// Returns every operation of the OpenAPI document: its method in capitals, its path and itself.
pub(crate) fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path item").iter();
            methods.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
        })
        .collect();
    assert!(operations.len() >= 12, "{}", operations.len());
    operations
}
