use std::time::Duration;

use serde_json::Value;
use sihha_domain::account::Role;
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::support::{
    ROLES, assert_invalid_token, assert_problem, base64url, log_in, opened, register, signed, with, without,
};

/// Returns the body that `GET /api/me` must have for the registered account.
fn without_tokens(registered: &Response) -> Value {
    ["access", "refresh", "expires_in"].into_iter().fold(registered.json.clone(), without)
}

fn me_with(app: &TestApp, authorization: &str) -> Response {
    let request = app.request(Method::GET, "/api/me").header("Authorization", authorization);
    app.send(request.body(()).unwrap())
}

#[test]
fn every_role_reads_the_registered_account_while_it_is_pending() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        for path in ["/api/me", "/api/me/"] {
            let answer = app.get_as(registered.text_at("access"), path);
            assert_eq!(answer.status, 200, "{role}: {}", answer.text);
            assert_eq!(answer.json, without_tokens(&registered), "{role}");
        }
    }
}

#[test]
fn an_approved_account_is_shown_as_approved() {
    let app = TestApp::start();
    for role in [Role::Doctor, Role::Hospital, Role::Labo] {
        let email = format!("{}@example.com", role.as_str());
        let registered = register(&app, role.as_str(), &email);
        app.approve(role, &email);
        let wanted = with(without_tokens(&registered), "is_approved", true);
        let wanted = with(wanted, "application.state", "approved");
        // A token from before the approval, and one of a later login.
        let login = log_in(&app, role.as_str(), &email);
        for token in [registered.text_at("access"), login.text_at("access")] {
            assert_eq!(app.get_as(token, "/api/me").json, wanted, "{}", role.as_str());
        }
    }
}

#[test]
fn each_token_shows_its_own_account() {
    let app = TestApp::start();
    let accounts = ["amina@example.com", "samir@example.com"].map(|email| register(&app, "user", email));
    for registered in accounts {
        let answer = app.get_as(registered.text_at("access"), "/api/me");
        assert_eq!(answer.json, without_tokens(&registered));
    }
}

#[test]
fn the_response_must_not_be_cached() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").header("Cache-Control"), "no-store");
    assert_eq!(registered.header("Cache-Control"), "no-store");
}

#[test]
fn the_authentication_scheme_is_case_insensitive() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(
            me_with(&app, &format!("{scheme} {}", registered.text_at("access"))).status,
            200,
            "{scheme}"
        );
    }
}

#[test]
fn a_response_without_a_bearer_token_says_how_to_send_one() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let basic = format!("Basic {}", base64url(b"amina@example.com:a password"));
    let cases = [
        ("no header", app.get("/api/me")),
        ("an empty header", me_with(&app, "")),
        ("a scheme without a token", me_with(&app, "Bearer")),
        ("a scheme and a space", me_with(&app, "Bearer ")),
        ("another scheme", me_with(&app, &basic)),
        ("the token under another scheme", me_with(&app, &format!("Token {token}"))),
        ("the token without a scheme", me_with(&app, token)),
        ("the token in the query", app.get(&format!("/api/me?access_token={token}"))),
    ];
    for (case, answer) in cases {
        assert_problem(&answer, 401, "token_not_valid", case);
        // RFC 6750 §3.1: no error code if the request has no token.
        assert_eq!(answer.header("WWW-Authenticate"), r#"Bearer realm="sihha""#, "{case}");
    }
}

#[test]
fn a_header_that_is_not_text_is_not_a_token() {
    let app = TestApp::start();
    let request = b"GET /api/me HTTP/1.1\r\nHost: sihha\r\nAuthorization: Bearer \xc3\xa9.\xff\r\nConnection: close\r\n\r\n";
    let answer = app.send_bytes(request);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nwww-authenticate: bearer realm="), "{answer}");
}

#[test]
fn a_token_is_refused_from_its_expiry_on() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let me = || app.get_as(registered.text_at("access"), "/api/me");
    app.pass(Duration::from_secs(299));
    assert_eq!(me().status, 200, "a second before exp");
    app.pass(Duration::from_millis(999));
    assert_eq!(me().status, 200, "a millisecond before exp");
    app.pass(Duration::from_millis(1));
    assert_invalid_token(&me(), "at exactly exp");
    app.pass(Duration::from_secs(1));
    assert_invalid_token(&me(), "a second after exp");
}

#[test]
fn the_token_of_a_deleted_account_is_refused() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    app.database.execute("DELETE FROM profiles").unwrap();
    assert_invalid_token(&app.get_as(registered.text_at("access"), "/api/me"), "deleted");
}

#[test]
fn a_token_of_an_unknown_account_is_refused() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let (_, claims) = opened(registered.text_at("access"));
    for claim in ["user_id", "sid"] {
        let nobody = with(claims.clone(), claim, "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
        assert_invalid_token(&app.get_as(&signed(&nobody), "/api/me"), claim);
    }
}
