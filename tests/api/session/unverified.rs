//! Logins of accounts whose address is not confirmed.

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::{TestApp, TestDatabase, samples};

use crate::support::{assert_problem, log_in, log_in_with, opened, register};

/// Starts a service where doctors must confirm their addresses.
fn start() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.email.require_verified_email = vec![Role::Doctor];
    })
}

fn confirm(app: &TestApp, email: &str) {
    let sql = format!("UPDATE profiles SET email_verified_at = now() WHERE email = '{email}'");
    assert_eq!(app.database.execute(&sql).expect("confirmed"), 1);
}

#[test]
fn an_account_of_the_role_can_log_in_after_its_address_is_confirmed() {
    let app = start();
    let registered = register(&app, "doctor", "khalido@example.com");
    let log_in = || log_in(&app, "doctor", "khalido@example.com");
    assert_eq!(log_in().status, 404, "the approval comes first");
    app.approve(Role::Doctor, "khalido@example.com");
    assert_problem(&log_in(), 403, "email_not_verified", "login");
    for path in ["/api/login", "/api/token"] {
        let refused = app.post(path, &samples::login("khalido@example.com"));
        assert_problem(&refused, 403, "email_not_verified", path);
    }
    let wrong = log_in_with(&app, "doctor", "khalido@example.com", "another password");
    assert_problem(&wrong, 401, "wrong_credentials", "wrong password");
    let refreshed = app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    assert_eq!(refreshed.status, 200, "live sessions go on: {}", refreshed.text);

    confirm(&app, "khalido@example.com");
    let admitted = log_in();
    assert_eq!(admitted.status, 200, "{}", admitted.text);
    assert_eq!(opened(admitted.text_at("access")).1["email_verified"], true);
}

#[test]
fn other_roles_log_in_without_a_confirmed_address() {
    let app = start();
    register(&app, "user", "amina@example.com");
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}

#[test]
fn the_first_refresh_after_the_confirmation_shows_it() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    confirm(&app, "amina@example.com");
    let refreshed = app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    for token in ["access", "refresh"] {
        assert_eq!(opened(registered.text_at(token)).1["email_verified"], false, "{token}");
        assert_eq!(opened(refreshed.text_at(token)).1["email_verified"], true, "{token}");
    }
}
