//! Links of mails, and the requests around them.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::mail::{OutgoingMail, Template};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{base64url, log_in, register};

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// The account of most tests.
pub(crate) const AMINA: &str = "amina@example.com";
/// A password that no sample has.
pub(crate) const NEW_PASSWORD: &str = "كلمة سر جديدة";

/// Registers a patient, hours ago, and takes the mail. Returns an access token.
pub(crate) fn owner(app: &TestApp, email: &str) -> String {
    register(app, "user", email);
    app.pass(2 * HOUR);
    access(app, email)
}

/// Logs in. Returns an access token.
pub(crate) fn access(app: &TestApp, email: &str) -> String {
    let access = log_in(app, "user", email).text_at("access").to_owned();
    drop(app.mail());
    access
}

/// Returns the addresses that got a mail of that kind since the last call.
pub(crate) fn receivers(app: &TestApp, template: Template) -> Vec<String> {
    let mails = app.mail().into_iter();
    mails.filter(|mail| mail.content.template() == template).map(|mail| mail.to.as_str().to_owned()).collect()
}

/// Returns the token of the last mail of that kind to `email` since the last call.
#[track_caller]
pub(crate) fn token(app: &TestApp, email: &str, template: Template) -> String {
    find_token(&app.mail(), email, template)
}

/// Returns the token of the last of `mails` of that kind to `email`.
#[track_caller]
pub(crate) fn find_token(mails: &[OutgoingMail], email: &str, template: Template) -> String {
    let is_meant = |mail: &&OutgoingMail| mail.to.as_str() == email && mail.content.template() == template;
    let mail = mails.iter().rfind(is_meant).unwrap_or_else(|| panic!("no {template:?} to {email}"));
    mail.content.token().expect("a link").expose()
}

/// Returns a token in two parts, as djoser's clients send it.
pub(crate) fn uid_and_token(token: &str) -> Value {
    let (id, secret) = token.split_once('.').expect("a token");
    json!({ "uid": base64url(id), "token": secret })
}

/// `POST`s JSON with an access token.
pub(crate) fn post_as(app: &TestApp, access: &str, path: &str, body: &Value) -> Response {
    let request = app
        .request(Method::POST, path)
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {access}"));
    app.send(request.body(body.to_string()).unwrap())
}

pub(crate) fn ask_verification(app: &TestApp, access: &str) -> Response {
    post_as(app, access, "/api/me/email/verification", &json!({}))
}

pub(crate) fn ask_change(app: &TestApp, access: &str, new: &str) -> Response {
    post_as(app, access, "/api/me/email", &json!({ "email": new, "password": samples::PASSWORD }))
}

pub(crate) fn forgot(app: &TestApp, email: &str) -> Response {
    app.post("/api/password/forgot", &json!({ "email": email }))
}

pub(crate) fn verify(app: &TestApp, token: &str) -> Response {
    app.post("/api/email/verify", &json!({ "token": token }))
}

pub(crate) fn revert(app: &TestApp, token: &str) -> Response {
    app.post("/api/email/revert", &json!({ "token": token }))
}

pub(crate) fn reset(app: &TestApp, token: &str, password: &str) -> Response {
    app.post("/api/password/reset", &json!({ "token": token, "password": password }))
}

/// Returns a new token that sets a password.
#[track_caller]
pub(crate) fn reset_token(app: &TestApp, email: &str) -> String {
    assert_eq!(forgot(app, email).status, 202);
    token(app, email, Template::ResetPassword)
}

/// Returns a new token that confirms the address.
#[track_caller]
pub(crate) fn verification_token(app: &TestApp, access: &str, email: &str) -> String {
    assert_eq!(ask_verification(app, access).status, 202);
    token(app, email, Template::VerifyEmail)
}

/// Changes the address. Returns the token that takes the change back.
#[track_caller]
pub(crate) fn changed(app: &TestApp, access: &str, old: &str, new: &str) -> String {
    assert_eq!(ask_change(app, access, new).status, 202);
    assert_eq!(verify(app, &token(app, new, Template::ConfirmEmail)).status, 204);
    token(app, old, Template::EmailChanged)
}

/// Runs both simultaneously. Returns their statuses.
pub(crate) fn both(
    one: impl FnOnce() -> Response + Send,
    other: impl FnOnce() -> Response + Send,
) -> (u16, u16) {
    std::thread::scope(|scope| {
        let one = scope.spawn(move || one().status);
        let other = other().status;
        (one.join().unwrap(), other)
    })
}
