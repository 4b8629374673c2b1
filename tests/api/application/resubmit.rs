//! `POST /api/me/application/resubmit`.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::{Fact, Role};
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use super::status::{APPROVAL, DOCTOR, correction_of, post_as, rejection, status};
use crate::support::{assert_invalid_token, assert_problem, log_in, register};

fn resubmit(app: &TestApp, token: &str) -> Response {
    let request = app.request(Method::POST, "/api/me/application/resubmit");
    app.send(request.header("Authorization", format!("Bearer {token}")).body(()).unwrap())
}

fn patch(app: &TestApp, token: &str, body: &Value) -> Response {
    let request = app.request(Method::PATCH, "/api/me").header("Authorization", format!("Bearer {token}"));
    app.send(request.header("Content-Type", "application/json").body(body.to_string()).unwrap())
}

#[test]
fn an_applicant_reads_what_to_correct_corrects_it_and_sends_it_again() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    app.decide(DOCTOR, &correction_of(&[Fact::FirstName, Fact::Wilaya]));
    app.pass(Duration::from_mins(10));
    let told = status(&app, DOCTOR);
    let token = told.text_at("access");

    let asked = json!({
        "state": "changes_requested", "reason": null, "reason_code": null, "message": "Which wilaya?\nWhich name?",
        "fields": ["first_name", "wilaya"], "since": "2026-11-23T09:30:00.000Z",
    });
    assert_eq!(app.get_as(token, "/api/me").json["application"], asked);
    let corrected = patch(&app, token, &json!({ "wilaya": "31", "profile": { "first_name": "Khaled" } }));
    assert_eq!((corrected.status, &corrected.json["wilaya"]), (200, &json!("31")), "{}", corrected.text);
    assert_eq!(corrected.json["application"], asked, "not sent yet");
    assert_eq!(corrected.json.get("pending_changes"), None, "nothing is vetted yet");

    let pending = json!({
        "state": "pending", "reason": null, "reason_code": null, "message": null, "fields": [],
        "since": "2026-11-23T09:40:00.000Z",
    });
    for _ in 0..2 {
        let sent = resubmit(&app, token);
        assert_eq!((sent.status, &sent.json["application"]), (200, &pending), "{}", sent.text);
        assert_eq!(sent.json, app.get_as(token, "/api/me").json);
        assert!(!sent.header("ETag").is_empty());
    }
    app.approve(Role::Doctor, DOCTOR);
    assert_eq!(log_in(&app, "doctor", DOCTOR).status, 200);
}

#[test]
fn a_rejected_application_can_be_sent_again_with_any_body() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    app.decide(DOCTOR, &rejection());
    let told = status(&app, DOCTOR);
    let sent = post_as(&app, told.text_at("access"), "/api/me/application/resubmit", &json!({}));
    assert_eq!((sent.status, &sent.json["application"]["state"]), (200, &json!("pending")), "{}", sent.text);
    assert_eq!(status(&app, DOCTOR).json["state"], "pending");
}

#[test]
fn an_application_that_waits_stays_as_it_is_and_a_decided_one_cannot_be_sent() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", DOCTOR);
    app.pass(Duration::from_mins(1));
    let sent = resubmit(&app, registered.text_at("access"));
    assert_eq!((sent.status, &sent.json), (200, &app.get_as(registered.text_at("access"), "/api/me").json));
    app.decide(DOCTOR, &APPROVAL);
    assert_problem(&resubmit(&app, registered.text_at("access")), 409, "already_decided", "approved");

    let patient = register(&app, "user", "amina@example.com");
    assert_problem(&resubmit(&app, patient.text_at("access")), 404, "unknown_application", "a patient");
}

#[test]
fn only_a_live_session_can_send_an_application() {
    let app = TestApp::start();
    register(&app, "doctor", DOCTOR);
    let told = status(&app, DOCTOR);
    app.decide(DOCTOR, &rejection());
    assert_invalid_token(&resubmit(&app, told.text_at("access")), "revoked");
    let answer = app.send(app.request(Method::POST, "/api/me/application/resubmit").body(()).unwrap());
    assert_problem(&answer, 401, "token_not_valid", "no token");
    assert_eq!(status(&app, DOCTOR).json["state"], "rejected");
}
