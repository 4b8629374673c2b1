//! `POST /api/application/status`.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::{Fact, Role};
use sihha_domain::approval::{DecisionKind, RejectionReason};
use sihha_domain::reason::Reason;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{
    assert_fields, assert_invalid_token, assert_problem, log_in, opened, operations, register, without,
};

pub(super) const DOCTOR: &str = "khalido@example.com";

/// The times at which a test begins, and a minute later.
const FIRST: &str = "2026-11-23T09:30:00.000Z";
const SECOND: &str = "2026-11-23T09:31:00.000Z";

pub(super) fn status(app: &TestApp, email: &str) -> Response {
    let answer = app.post("/api/application/status", &samples::login(email));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

pub(super) fn post_as(app: &TestApp, token: &str, path: &str, body: &Value) -> Response {
    let request = app.request(Method::POST, path).header("Authorization", format!("Bearer {token}"));
    app.send(request.header("Content-Type", "application/json").body(body.to_string()).unwrap())
}

fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

pub(super) fn correction_of(fields: &[Fact]) -> DecisionKind {
    DecisionKind::RequestChanges { message: reason("Which wilaya?\nWhich name?"), fields: fields.to_vec() }
}

pub(super) fn rejection() -> DecisionKind {
    DecisionKind::Reject { code: None, reason: Some(reason("The diploma is another person's")) }
}

pub(super) const APPROVAL: DecisionKind = DecisionKind::Approve { note: None };

/// Asserts that the response has these members, and a token if `has_access`.
#[track_caller]
fn assert_told(answer: &Response, members: &Value, has_access: bool) {
    let mut wanted = json!({ "reason": null, "reason_code": null, "message": null });
    wanted.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    assert_eq!(without(answer.json.clone(), "access"), wanted);
    assert_eq!(answer.json["access"].is_string(), has_access, "{}", answer.text);
}

#[test]
fn the_state_of_each_applicant_is_told_with_what_staff_wrote() {
    let app = TestApp::start();
    for role in [Role::Doctor, Role::Hospital, Role::Labo] {
        let email = format!("{}@example.com", role.as_str());
        register(&app, role.as_str(), &email);
        assert_eq!(status(&app, &email).json["state"], "pending");
        app.decide(&email, &correction_of(&[Fact::Wilaya]));
        let asked = status(&app, &email);
        assert_eq!(
            (&asked.json["state"], &asked.json["message"]),
            (&json!("changes_requested"), &json!("Which wilaya?\nWhich name?"))
        );
        app.decide(&email, &rejection());
        let rejected = status(&app, &email);
        assert_eq!(
            (&rejected.json["state"], &rejected.json["reason"]),
            (&json!("rejected"), &json!("The diploma is another person's"))
        );
        app.approve(role, &email);
        let approved = status(&app, &email);
        assert_eq!((&approved.json["state"], &approved.json["access"]), (&json!("approved"), &Value::Null));
    }
}

#[test]
fn members_that_say_nothing_are_null_and_since_is_the_submission_or_the_decision() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    app.pass(Duration::from_mins(1));
    assert_told(&status(&app, DOCTOR), &json!({ "state": "pending", "since": FIRST }), true);
    app.decide(DOCTOR, &correction_of(&[]));
    let asked =
        json!({ "state": "changes_requested", "since": SECOND, "message": "Which wilaya?\nWhich name?" });
    assert_told(&status(&app, DOCTOR), &asked, true);
    app.decide(DOCTOR, &rejection());
    let rejected =
        json!({ "state": "rejected", "since": SECOND, "reason": "The diploma is another person's" });
    assert_told(&status(&app, DOCTOR), &rejected, true);
    app.approve(Role::Doctor, DOCTOR);
    assert_told(&status(&app, DOCTOR), &json!({ "state": "approved", "since": SECOND }), false);

    register(&app, "user", "amina@example.com");
    assert_told(&status(&app, "amina@example.com"), &json!({ "state": "active", "since": SECOND }), false);
}

#[test]
fn a_code_without_a_text_is_told_by_its_name_in_the_readers_language() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    let code = RejectionReason::parse("not_in_register").ok();
    app.decide(DOCTOR, &DecisionKind::Reject { code, reason: None });
    for (language, name) in [
        ("fr-DZ", "Introuvable au tableau de l’Ordre"),
        ("ar", "غير مسجل في جدول العمادة"),
        ("de", "Not found in the Order’s register"),
    ] {
        let request = app.request(Method::POST, "/api/application/status");
        let request = request.header("Content-Type", "application/json").header("Accept-Language", language);
        let answer = app.send(request.body(samples::login(DOCTOR).to_string()).unwrap());
        let told = [&answer.json["reason"], &answer.json["reason_code"]];
        assert_eq!(told, [&json!(name), &json!("not_in_register")], "{language}");
        assert!(answer.header("Vary").contains("Accept-Language"), "{language}");
    }
}

#[test]
fn a_login_of_such_an_account_still_gets_the_contracts_response() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    app.decide(DOCTOR, &rejection());
    let _ = status(&app, DOCTOR);
    let answer = log_in(&app, "doctor", DOCTOR);
    assert_eq!((answer.status, answer.text.as_str()), (404, r#""You are not approved yet""#));
}

#[test]
fn only_a_client_with_the_password_learns_anything() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    let ask = |email: &str, password: &str| {
        app.post("/api/application/status", &json!({ "email": email, "password": password }))
    };
    assert_problem(&ask(DOCTOR, "another password"), 401, "wrong_credentials", "a wrong password");
    assert_problem(
        &ask("nobody@example.com", samples::PASSWORD),
        401,
        "wrong_credentials",
        "an unknown e-mail",
    );
    app.suspend(DOCTOR);
    assert_problem(&ask(DOCTOR, "another password"), 401, "wrong_credentials", "suspended");
    assert_problem(&ask(DOCTOR, samples::PASSWORD), 403, "account_suspended", "suspended");
    let empty = app.post("/api/application/status", &json!({}));
    assert_fields(&empty, &[("email", "required"), ("password", "required")], "{}");
}

#[test]
fn the_token_opens_only_the_account_and_its_application() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    app.decide(DOCTOR, &rejection());
    let told = status(&app, DOCTOR);
    let token = told.text_at("access");
    let claims = opened(token).1;
    assert_eq!([&claims["scope"], &claims["aud"]], [&json!("application"), &json!("sihha")]);

    let document = app.get("/openapi.json").json;
    let mut refused = 0;
    for (method, path, operation) in operations(&document) {
        let security = &operation["security"];
        if *security != json!([{ "access": [] }]) {
            continue;
        }
        let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
        let request = request.header("Authorization", format!("Bearer {token}"));
        let answer = app.send(request.header("Content-Type", "application/json").body("{}").unwrap());
        let case = format!("{method} {path}");
        assert_problem(&answer, 403, "insufficient_scope", &case);
        let challenge = r#"Bearer realm="sihha", error="insufficient_scope""#;
        assert_eq!(answer.header("WWW-Authenticate"), challenge, "{case}");
        refused += 1;
    }
    assert!(refused >= 4, "{refused}");
    assert_problem(&app.get_as(token, "/api/auth/check"), 403, "insufficient_scope", "a gateway");
    let verified = app.post("/api/token/verify", &json!({ "token": token }));
    assert_problem(&verified, 403, "insufficient_scope", "verify");
    let refreshed = app.post("/api/token/refresh", &json!({ "refresh": token }));
    assert_problem(&refreshed, 401, "token_not_valid", "refresh");
    assert_eq!(app.get_as(token, "/api/me").json["application"]["state"], "rejected");
}

#[test]
fn the_token_is_valid_for_an_hour() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    let told = status(&app, DOCTOR);
    app.pass(Duration::from_secs(3599));
    assert_eq!(app.get_as(told.text_at("access"), "/api/me").status, 200);
    app.pass(Duration::from_secs(1));
    assert_invalid_token(&app.get_as(told.text_at("access"), "/api/me"), "after an hour");
}

#[test]
fn what_revokes_the_sessions_of_an_account_ends_the_access_to_its_application() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", DOCTOR);
    let assert_ended = |told: &Response, case| {
        assert_invalid_token(&app.get_as(told.text_at("access"), "/api/me"), case);
    };
    let told = status(&app, DOCTOR);
    let listed = app.get_as(registered.text_at("access"), "/api/me/sessions").json;
    assert_eq!(listed.as_array().unwrap().len(), 2, "the owner sees who has the password");
    let body = json!({ "current_password": samples::PASSWORD, "new_password": samples::PASSWORD });
    let changed = post_as(&app, registered.text_at("access"), "/api/me/password", &body);
    assert_eq!(changed.status, 204, "{}", changed.text);
    assert_ended(&told, "a change of the password");
    let told = status(&app, DOCTOR);
    app.decide(DOCTOR, &rejection());
    assert_ended(&told, "a rejection");
    let told = status(&app, DOCTOR);
    app.suspend(DOCTOR);
    assert_ended(&told, "a suspension");
}
