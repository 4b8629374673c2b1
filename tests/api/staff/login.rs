//! Logins and tokens of staff.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::staff::{Scope, StaffRole};
use sihha_tests::TestApp;
use sihha_tests::staff::StaffSample;

use crate::support::{assert_fields, assert_problem, opened, register, with};

fn member(app: &TestApp) -> StaffSample {
    app.staff("reviewer@dsp.dz", StaffRole::Reviewer, Scope::default())
}

fn log_in(app: &TestApp, body: &Value) -> sihha_tests::Response {
    app.post("/api/staff/login", body)
}

#[test]
fn a_code_logs_in_once_and_the_token_says_how_the_member_authenticated() {
    let app = TestApp::start();
    let member = member(&app);
    let body = member.login(app.now());
    let answer = log_in(&app, &body);
    assert_eq!((answer.status, &answer.json["role"]), (200, &json!("reviewer")), "{}", answer.text);
    let (_, claims) = opened(answer.text_at("access"));
    assert_eq!((&claims["amr"], &claims["sub"]), (&json!(["pwd", "otp"]), &json!(member.id.to_string())));
    assert!(claims["auth_time"].is_i64() && claims.get("user_id").is_none(), "{claims}");
    assert_problem(&log_in(&app, &body), 401, "otp_required", "the same code");
    app.pass(Duration::from_secs(30));
    assert_eq!(log_in(&app, &member.login(app.now())).status, 200);
    let recovery = with(body, "otp", member.recovery_codes[0].as_str());
    assert_eq!(log_in(&app, &recovery).status, 200);
    assert_problem(&log_in(&app, &recovery), 401, "otp_required", "a used recovery code");
}

#[test]
fn only_the_right_password_tells_that_a_code_is_missing() {
    let app = TestApp::start();
    let member = member(&app);
    let body = member.login(app.now());
    for (case, body, code) in [
        ("no code", with(body.clone(), "otp", Value::Null), "otp_required"),
        ("wrong code", with(body.clone(), "otp", "000000"), "otp_required"),
        ("wrong password", with(body.clone(), "password", "not the password"), "wrong_credentials"),
        ("unknown e-mail", with(body.clone(), "email", "nobody@dsp.dz"), "wrong_credentials"),
    ] {
        assert_problem(&log_in(&app, &body), 401, code, case);
    }
    assert_fields(&log_in(&app, &json!({})), &[("email", "required"), ("password", "required")], "empty");
}

#[test]
fn tokens_of_staff_open_nothing_else_and_those_of_accounts_nothing_here() {
    let app = TestApp::start();
    let member = member(&app);
    let tokens = log_in(&app, &member.login(app.now()));
    let access = tokens.text_at("access");
    assert_eq!(app.get_as(access, "/api/staff/me").json["email"], "reviewer@dsp.dz");
    for path in ["/api/me", "/api/me/sessions", "/api/auth/check"] {
        assert_problem(&app.get_as(access, path), 401, "token_not_valid", path);
    }
    let verified = app.post("/api/token/verify", &json!({ "token": access }));
    assert_problem(&verified, 401, "token_not_valid", "verify");
    for role in ["user", "doctor"] {
        let account = register(&app, role, &format!("{role}@example.com"));
        let refused = app.get_as(account.text_at("access"), "/api/staff/approvals");
        assert_problem(&refused, 403, "forbidden", role);
    }
    let refresh = app.get_as(tokens.text_at("refresh"), "/api/staff/me");
    assert_problem(&refresh, 401, "token_not_valid", "a refresh token");
}

#[test]
fn sessions_of_staff_are_refreshed_and_end_after_an_hour_or_twelve() {
    let app = TestApp::start();
    let member = member(&app);
    let mut tokens = log_in(&app, &member.login(app.now()));
    let refresh = |token: &str| app.post("/api/token/refresh", &json!({ "refresh": token }));
    for _ in 0..14 {
        app.pass(Duration::from_mins(50));
        tokens = refresh(tokens.text_at("refresh"));
        assert_eq!(tokens.status, 200, "{}", tokens.text);
    }
    app.pass(Duration::from_mins(50));
    assert_problem(&refresh(tokens.text_at("refresh")), 401, "token_not_valid", "12 hours");
    let idle = log_in(&app, &member.login(app.now()));
    app.pass(Duration::from_mins(61));
    assert_problem(&refresh(idle.text_at("refresh")), 401, "token_not_valid", "an hour");
    let fresh = log_in(&app, &member.login(app.now()));
    let out = app.post("/api/token/blacklist", &json!({ "refresh": fresh.text_at("refresh") }));
    assert_eq!(out.status, 200);
    assert_problem(
        &app.get_as(fresh.text_at("access"), "/api/staff/me"),
        401,
        "token_not_valid",
        "logged out",
    );
}
