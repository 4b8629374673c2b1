//! Suspended accounts.

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::TestApp;

use crate::support::{ROLES, assert_problem, log_in, log_in_with, register};

#[test]
fn a_suspension_revokes_all_sessions_and_the_owner_sees_the_reason_after_reinstatement() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    app.suspend("amina@example.com");
    let refresh = || app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    let me = || app.get_as(registered.text_at("access"), "/api/me");
    assert_problem(&refresh(), 401, "token_not_valid", "refresh");
    assert_problem(&me(), 401, "token_not_valid", "me");

    app.reinstate("amina@example.com");
    assert_eq!((refresh().status, me().status), (401, 401), "a reinstatement does not restore sessions");
    let login = log_in(&app, "user", "amina@example.com");
    assert_eq!(login.status, 200, "{}", login.text);
    let ended = app.get_as(login.text_at("access"), "/api/me/sessions?status=ended");
    assert_eq!(ended.json[0]["end_reason"], "suspended", "{}", ended.text);
}

#[test]
fn a_login_of_any_role_is_refused_and_only_the_owner_learns_why() {
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
fn a_pending_account_that_is_suspended_is_refused_as_suspended() {
    let app = TestApp::start();
    register(&app, "doctor", "khalido@example.com");
    app.suspend("khalido@example.com");
    assert_problem(&log_in(&app, "doctor", "khalido@example.com"), 403, "account_suspended", "suspended");
    app.reinstate("khalido@example.com");
    assert_eq!(log_in(&app, "doctor", "khalido@example.com").status, 404);
}
