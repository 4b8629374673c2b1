//! What an account that staff suspended may still do: nothing, until it is reinstated.

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::TestApp;

use crate::support::{ROLES, assert_problem, log_in, log_in_with, register};

#[test]
fn its_sessions_end_at_once_and_the_owner_sees_why_after_the_reinstatement() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    app.suspend("amina@example.com");
    let refresh = || app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    let me = || app.get_as(registered.text_at("access"), "/api/me");
    assert_problem(&refresh(), 401, "token_not_valid", "refresh");
    assert_problem(&me(), 401, "token_not_valid", "me");

    app.reinstate("amina@example.com");
    assert_eq!((refresh().status, me().status), (401, 401), "ended is ended");
    let login = log_in(&app, "user", "amina@example.com");
    assert_eq!(login.status, 200, "{}", login.text);
    let ended = app.get_as(login.text_at("access"), "/api/me/sessions?status=ended");
    assert_eq!(ended.json[0]["end_reason"], "suspended", "{}", ended.text);
}

#[test]
fn a_login_of_any_role_is_refused_and_only_its_owner_is_told_why() {
    let app = TestApp::start();
    let unknown = log_in(&app, "user", "nobody@example.com");
    for role in ROLES {
        let email = format!("{role}@example.com");
        register(&app, role, &email);
        if let Some(waits) = Role::parse(role).filter(|role| role.needs_approval()) {
            app.approve(waits, &email);
        }
        assert_eq!(log_in(&app, role, &email).status, 200, "{role}");
        app.suspend(&email);
        assert_problem(&log_in(&app, role, &email), 403, "account_suspended", role);

        let wrong = log_in_with(&app, role, &email, "another password");
        assert_problem(&wrong, 401, "wrong_credentials", role);
        assert_eq!(wrong.json["detail"], unknown.json["detail"], "{role}");
        assert_eq!(wrong.header("WWW-Authenticate"), unknown.header("WWW-Authenticate"), "{role}");
        app.reinstate(&email);
        assert_eq!(log_in(&app, role, &email).status, 200, "{role}");
    }
}

#[test]
fn one_that_waits_for_approval_is_told_that_it_is_suspended_first() {
    let app = TestApp::start();
    register(&app, "doctor", "khalido@example.com");
    app.suspend("khalido@example.com");
    assert_problem(&log_in(&app, "doctor", "khalido@example.com"), 403, "account_suspended", "suspended");
    app.reinstate("khalido@example.com");
    assert_eq!(log_in(&app, "doctor", "khalido@example.com").status, 404);
}
