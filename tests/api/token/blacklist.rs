//! `POST /api/token/blacklist`: logging out.

use serde_json::json;
use sihha_tests::{Response, TestApp};

use crate::support::{assert_fields, assert_problem, log_in, register};

fn blacklist(app: &TestApp, token: &str) -> Response {
    app.post("/api/token/blacklist", &json!({ "refresh": token }))
}

#[test]
fn a_logout_revokes_only_this_session() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let other = log_in(&app, "user", "amina@example.com");
    let answer = blacklist(&app, registered.text_at("refresh"));
    assert_eq!((answer.status, &answer.json), (200, &json!({})), "{}", answer.text);

    let refresh = app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    assert_problem(&refresh, 401, "token_not_valid", "refresh");
    let me = app.get_as(registered.text_at("access"), "/api/me");
    assert_problem(&me, 401, "token_not_valid", "me");
    assert_eq!(app.get_as(other.text_at("access"), "/api/me").status, 200);
}

#[test]
fn a_logout_with_an_ended_or_unknown_token_succeeds() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    for token in [registered.text_at("refresh"), registered.text_at("refresh"), "garbage"] {
        let answer = app.post("/api/token/blacklist/", &json!({ "refresh": token }));
        assert_eq!((answer.status, &answer.json), (200, &json!({})), "{token}: {}", answer.text);
    }
}

#[test]
fn an_access_token_does_not_log_out() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    assert_eq!(blacklist(&app, registered.text_at("access")).status, 200);
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);
}

#[test]
fn a_missing_token_is_reported() {
    let app = TestApp::start();
    assert_fields(&app.post("/api/token/blacklist", &json!({})), &[("refresh", "required")], "no token");
}
