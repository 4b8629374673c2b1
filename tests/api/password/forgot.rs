//! `POST /api/password/forgot`.

use serde_json::json;
use sihha_domain::mail::Template;
use sihha_tests::{Response, TestApp};
use ureq::http::HeaderName;

use crate::links::{AMINA, HOUR, MINUTE, NEW_PASSWORD, forgot, owner, receivers, reset, token};
use crate::support::{assert_fields, register};

/// Returns what a client sees, without what differs in any two responses.
fn seen(answer: &Response) -> (u16, String, Vec<(String, String)>) {
    let names = answer.headers.keys().map(HeaderName::as_str);
    let same = names.filter(|name| !["date", "x-request-id"].contains(name));
    let headers = same.map(|name| (name.to_owned(), answer.header(name).to_owned())).collect();
    (answer.status, answer.text.clone(), headers)
}

#[test]
fn the_response_is_the_same_for_every_address_and_only_owners_who_may_log_in_or_wait_get_a_mail() {
    let app = TestApp::start();
    owner(&app, AMINA);
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    register(&app, "doctor", "waiting@example.com");
    app.pass(2 * HOUR);
    let known = forgot(&app, "Amina@Example.com");
    assert_eq!((known.status, known.text.as_str()), (202, "{}"));
    for address in ["nobody@example.com", "suspended@example.com", "waiting@example.com"] {
        assert_eq!(seen(&forgot(&app, address)), seen(&known), "{address}");
    }
    assert_eq!(receivers(&app, Template::ResetPassword), [AMINA, "waiting@example.com"]);
}

#[test]
fn an_address_gets_one_mail_a_minute_and_five_an_hour_and_the_last_link_stays_valid() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let mut sent = Vec::new();
    for _ in 0..6 {
        // The second request of a minute sends nothing.
        for _ in 0..2 {
            assert_eq!(forgot(&app, AMINA).status, 202);
            sent.extend(app.mail());
        }
        app.pass(MINUTE);
    }
    assert_eq!(sent.len(), 5, "{sent:?}");
    let last = sent[4].content.token().unwrap().expose();
    app.pass(54 * MINUTE);
    assert_eq!(forgot(&app, AMINA).status, 202);
    let later = token(&app, AMINA, Template::ResetPassword);
    assert_eq!(reset(&app, &last, NEW_PASSWORD).status, 400, "replaced by the mail of the next hour");
    assert_eq!(reset(&app, &later, NEW_PASSWORD).status, 204);
}

#[test]
fn a_request_beyond_the_limit_leaves_the_link_valid() {
    let app = TestApp::start();
    owner(&app, AMINA);
    forgot(&app, AMINA);
    let first = token(&app, AMINA, Template::ResetPassword);
    forgot(&app, AMINA);
    assert!(receivers(&app, Template::ResetPassword).is_empty());
    assert_eq!(reset(&app, &first, NEW_PASSWORD).status, 204);
}

#[test]
fn simultaneous_requests_send_one_mail() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let ask = || forgot(&app, AMINA);
    assert_eq!(crate::links::both(ask, ask), (202, 202));
    assert_eq!(receivers(&app, Template::ResetPassword), [AMINA]);
}

#[test]
fn the_address_is_required_and_must_be_one() {
    let app = TestApp::start();
    let answer = app.post("/api/password/forgot", &json!({}));
    assert_fields(&answer, &[("email", "required")], "none");
    assert_fields(&forgot(&app, "amina"), &[("email", "malformed")], "no domain");
}
