//! Requests of browsers to the built-in pages.

use sihha_domain::mail::Template;
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::links::{ask_change, token};

/// A password that no sample has.
pub(crate) const NEW_PASSWORD: &str = "couscous & thé + كلمة";
/// A token that no account has.
pub(crate) const UNKNOWN: &str =
    "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90.76543210fedcba9876543210fedcba9876543210fedcba9876543210fedcba98";
/// The paths of the pages.
pub(crate) const PAGES: [&str; 3] = ["/verify-email", "/reset-password", "/revert-email"];

/// Opens a page in English.
pub(crate) fn open(app: &TestApp, path: &str) -> Response {
    open_in(app, "en", path)
}

/// Opens a page as a browser with these languages.
pub(crate) fn open_in(app: &TestApp, languages: &str, path: &str) -> Response {
    app.send(app.request(Method::GET, path).header("Accept-Language", languages).body(()).unwrap())
}

/// Sends the form of a page in English.
pub(crate) fn send(app: &TestApp, page: &str, fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = app.request(Method::POST, &format!("{page}?lang=en"));
    app.send(request.header("Content-Type", "application/x-www-form-urlencoded").body(body).unwrap())
}

/// Sends the form of the page that sets a password.
pub(crate) fn reset(app: &TestApp, token: &str, password: &str) -> Response {
    send(app, "/reset-password", &[("token", token), ("password", password), ("repeat", password)])
}

/// Asks on a page for a link. Returns the token of the mail.
#[track_caller]
pub(crate) fn asked_token(app: &TestApp, page: &str, email: &str) -> String {
    assert_eq!(send(app, page, &[("email", email)]).status, 200);
    let template = if page == "/reset-password" { Template::ResetPassword } else { Template::VerifyEmail };
    token(app, email, template)
}

/// Asks to change the address. Returns the token of the mail to the new one.
#[track_caller]
pub(crate) fn change_token(app: &TestApp, access: &str, new: &str) -> String {
    assert_eq!(ask_change(app, access, new).status, 202);
    token(app, new, Template::ConfirmEmail)
}

/// Asserts that the response is a page with that title, in the language of its header.
#[track_caller]
pub(crate) fn assert_page(answer: &Response, status: u16, title: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("Content-Type"), "text/html; charset=utf-8");
    assert!(answer.text.contains(&format!(">{title}</h1>")), "no title {title:?} in {}", answer.text);
    let language = answer.header("Content-Language");
    assert!(answer.text.contains(&format!("<html lang=\"{language}\"")), "{language}: {}", answer.text);
}

/// The title of the page about a link that cannot be used.
pub(crate) const NOT_VALID: &str = "This link does not work any more";
