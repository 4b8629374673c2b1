//! `POST /api/token/verify`.

use std::time::Duration;

use serde_json::json;
use sihha_tests::TestApp;

use crate::support::{assert_fields, assert_problem, log_in, register};

#[test]
fn a_valid_token_of_either_type_is_verified() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    for token_type in ["access", "refresh"] {
        for path in ["/api/token/verify", "/api/token/verify/"] {
            let answer = app.post(path, &json!({ "token": registered.text_at(token_type) }));
            assert_eq!((answer.status, &answer.json), (200, &json!({})), "{token_type}: {}", answer.text);
        }
    }
}

#[test]
fn an_invalid_token_is_refused() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    app.pass(Duration::from_mins(5));
    for token in [registered.text_at("access"), "garbage", "a.b.c"] {
        let answer = app.post("/api/token/verify", &json!({ "token": token }));
        assert_problem(&answer, 401, "token_not_valid", token);
    }
    assert_fields(&app.post("/api/token/verify", &json!({})), &[("token", "required")], "no token");
}

#[test]
fn a_refresh_token_is_valid_while_it_is_the_newest_one_of_a_live_session() {
    let app = TestApp::start();
    let verify = |token: &str| app.post("/api/token/verify", &json!({ "token": token }));
    let refuses = |token: &str, case: &str| assert_problem(&verify(token), 401, "token_not_valid", case);
    let first = register(&app, "user", "amina@example.com");
    let refresh = json!({ "refresh": first.text_at("refresh") });
    let second = app.post("/api/token/refresh", &refresh);
    refuses(first.text_at("refresh"), "rotated");
    assert_eq!(verify(second.text_at("refresh")).status, 200);
    let again = app.post("/api/token/refresh", &refresh);
    assert_eq!(again.status, 200, "a verification is no use of the token: {}", again.text);

    let logout = app.post("/api/token/blacklist", &json!({ "refresh": second.text_at("refresh") }));
    assert_eq!(logout.status, 200, "{}", logout.text);
    refuses(second.text_at("refresh"), "logged out");
    let suspended = log_in(&app, "user", "amina@example.com");
    assert_eq!(verify(suspended.text_at("refresh")).status, 200);
    app.suspend("amina@example.com");
    refuses(suspended.text_at("refresh"), "suspended");
}

#[test]
fn verification_of_an_access_token_needs_no_database() {
    let postgres = std::sync::Arc::new(sihha_tests::TestPostgres::start());
    let database = sihha_tests::TestDatabase::on(postgres);
    let app = TestApp::start_with(database, |_| {});
    let registered = register(&app, "user", "amina@example.com");
    app.database.postgres().stop();
    let answer = app.post("/api/token/verify", &json!({ "token": registered.text_at("access") }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    app.database.postgres().start_again();
}
