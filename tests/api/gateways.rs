//! `/api/auth/check`: what gateways ask about each request.

use sihha_domain::account::Role;
use sihha_tests::{RawConnection, Response, TestApp};
use ureq::http::Method;

use crate::support::{assert_fields, assert_problem, log_in, opened, register};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn ask(app: &TestApp, method: &str, path: &str, token: &str) -> Response {
    let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    app.send(request.header("Authorization", format!("Bearer {token}")).body(()).unwrap())
}

/// Asserts that the response names the account and the session that `login` opened.
#[track_caller]
fn assert_names(answer: &Response, login: &Response, role: &str, approved: &str, case: &str) {
    let claims = opened(login.text_at("access")).1;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{case}");
    let headers = ["X-User-Id", "X-Session-Id", "X-Role", "X-Approved"].map(|name| answer.header(name));
    let [id, session] = ["user_id", "sid"].map(|claim| claims[claim].as_str().unwrap());
    assert_eq!(headers, [id, session, role, approved], "{case}");
    assert_eq!(answer.header("Cache-Control"), "no-store", "{case}");
}

#[test]
fn a_gateway_learns_who_sent_a_request_of_any_method_and_path() {
    let app = TestApp::start();
    let patient = register(&app, "user", "amina@example.com");
    let token = patient.text_at("access");
    for method in METHODS {
        for path in ["", "/", "/orders/7?page=2&role=nurse", "/%2e%2e/a%00b//c", "/orders?approved"] {
            let path = format!("/api/auth/check{path}");
            let answer = ask(&app, method, &path, token);
            assert_names(&answer, &patient, "user", "true", &format!("{method} {path}"));
            let anonymous = app.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
            assert_eq!(app.send(anonymous.body(()).unwrap()).status, 401, "{method} {path}");
        }
    }
    assert_problem(&ask(&app, "GET", "/api/auth/checks", token), 404, "not_found", "another path");
}

#[test]
fn tokens_that_api_me_refuses_are_refused() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let ended = log_in(&app, "user", "amina@example.com");
    let logout =
        app.post("/api/token/blacklist", &serde_json::json!({ "refresh": ended.text_at("refresh") }));
    assert_eq!(logout.status, 200);
    for (case, token) in [
        ("nonsense", "nonsense"),
        ("a refresh token", first.text_at("refresh")),
        ("an ended session", ended.text_at("access")),
    ] {
        assert_problem(&ask(&app, "GET", "/api/auth/check", token), 401, "token_not_valid", case);
        assert_eq!(ask(&app, "GET", "/api/me", token).status, 401, "{case}");
    }
    app.suspend("amina@example.com");
    let suspended = ask(&app, "GET", "/api/auth/check", first.text_at("access"));
    assert_problem(&suspended, 401, "token_not_valid", "a suspended account");
}

#[test]
fn conditions_that_do_not_hold_are_forbidden() {
    let app = TestApp::start();
    let patient = register(&app, "user", "amina@example.com");
    let doctor = register(&app, "doctor", "khalido@example.com");
    let check = |login: &Response, query: &str| {
        ask(&app, "GET", &format!("/api/auth/check?{query}"), login.text_at("access"))
    };
    for query in ["role=user", "approved=1", "approved=true&role=doctor,user", "role=doctor&role=user"] {
        assert_names(&check(&patient, query), &patient, "user", "true", query);
    }
    for query in ["role=doctor", "role=hospital,labo", "approved=1&role=doctor"] {
        assert_problem(&check(&patient, query), 403, "forbidden", query);
    }
    assert_names(&check(&doctor, "role=doctor"), &doctor, "doctor", "false", "waits for approval");
    assert_problem(&check(&doctor, "role=doctor&approved=1"), 403, "forbidden", "waits for approval");
    app.approve(Role::Doctor, "khalido@example.com");
    assert_names(&check(&doctor, "approved=1&role=doctor"), &doctor, "doctor", "true", "approved");
}

#[test]
fn a_condition_that_is_none_is_an_error_and_lets_nobody_in() {
    let app = TestApp::start();
    let patient = register(&app, "user", "amina@example.com");
    for (query, name) in [
        ("role=", "role"),
        ("role=nurse", "role"),
        ("role=User", "role"),
        ("role=user,", "role"),
        ("approved", "approved"),
        ("approved=0", "approved"),
        ("approved=yes", "approved"),
        ("roles=user", "roles"),
        ("Role=user", "Role"),
    ] {
        let answer = ask(&app, "GET", &format!("/api/auth/check?{query}"), patient.text_at("access"));
        assert_fields(&answer, &[(name, "unknown_choice")], query);
    }
}

#[test]
fn the_body_is_not_read() {
    let app = TestApp::start();
    let patient = register(&app, "user", "amina@example.com");
    let head = format!(
        "POST /api/auth/check HTTP/1.1\r\nHost: sihha\r\nContent-Type: text/plain\r\n\
         Authorization: Bearer {}\r\nContent-Length: 1000000\r\n\r\nnot",
        patient.text_at("access")
    );
    let mut connection = RawConnection::open(app.address());
    connection.send(head);
    assert_eq!(connection.receive_response().0, 200, "before the rest of the body is sent");
}
