//! Accounts, for staff.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::mail::DeliveryError;
use sihha_tests::{TestApp, samples};
use ureq::http::Method;

use super::desk::{Desk, applicant, ids};
use crate::support::{assert_fields, assert_problem, log_in, register, send_registration, with};

#[test]
fn an_account_is_found_by_what_staff_know_of_it() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let patient = applicant(&app, "user", "patient@example.com");
    app.pass(Duration::from_secs(1));
    let labo = applicant(&app, "labo", "labo@example.com");
    let find = |query: &str| ids(&admin.get(&format!("/api/staff/accounts?{query}")));
    assert_eq!(find("q=patient%40ex"), [patient.as_str()]);
    assert_eq!(find("role=labo"), [labo.as_str()]);
    assert_eq!(find("state=active"), [patient.as_str()]);
    assert_eq!(find("q=p").len(), 0);
    let first = admin.get("/api/staff/accounts?limit=1");
    let next = first.json["next"].as_str().unwrap();
    assert_eq!(ids(&first), [patient.as_str()]);
    assert_eq!(find(&format!("limit=1&cursor={next}")), [labo.as_str()]);
    assert_fields(&admin.get("/api/staff/accounts?state=odd"), &[("state", "unknown_choice")], "state");
}

#[test]
fn reading_an_account_without_an_open_application_needs_a_reason() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let patient = applicant(&app, "user", "patient@example.com");
    let waiting = applicant(&app, "labo", "labo@example.com");
    let path = format!("/api/staff/accounts/{patient}");
    assert_problem(&admin.get(&path), 400, "reason_required", "no reason");
    assert_problem(&admin.get(&format!("{path}?reason=%20")), 400, "reason_required", "blank");
    assert_eq!(admin.get(&format!("{path}?reason=Demande%20du%20titulaire")).status, 200);
    let request = app.request(Method::GET, &path).header("Authorization", format!("Bearer {}", admin.token));
    let with_header = request.header("X-Access-Reason", "r%C3%A9clamation");
    let read = app.send(with_header.body(()).unwrap());
    assert_eq!((read.status, &read.json["state"]), (200, &json!("active")), "{}", read.text);
    assert!(!read.text.contains("blood_type") && !read.text.contains("emergency"), "{}", read.text);
    assert_eq!(admin.get(&format!("/api/staff/accounts/{waiting}")).status, 200, "an open application");
}

#[test]
fn a_suspension_is_effective_with_the_next_request() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let registered = register(&app, "user", "patient@example.com");
    let (id, token) = (registered.text_at("id"), registered.text_at("access"));
    assert_fields(
        &admin.post(&format!("accounts/{id}/suspend"), &json!({})),
        &[("reason", "required")],
        "reason",
    );
    let suspended =
        admin.send(&format!("accounts/{id}/suspend"), &json!({ "reason": "Fraude" }), Some("key"));
    assert_eq!((suspended.status, &suspended.json["suspended"]), (200, &json!(true)), "{}", suspended.text);
    assert_problem(&app.get_as(token, "/api/me"), 401, "token_not_valid", "session");
    let refused = log_in(&app, "user", "patient@example.com");
    assert_problem(&refused, 403, "account_suspended", "login");
    assert!(!refused.text.contains("Fraude"));
    assert_eq!(admin.post(&format!("accounts/{id}/reinstate"), &json!({})).json["suspended"], json!(false));
    let again = admin.send(&format!("accounts/{id}/suspend"), &json!({ "reason": "Fraude" }), Some("key"));
    assert_eq!(again.json, suspended.json, "the first answer");
    let token = log_in(&app, "user", "patient@example.com").text_at("access").to_owned();
    assert_eq!(admin.post(&format!("accounts/{id}/revoke-sessions"), &json!({})).status, 200);
    assert_problem(&app.get_as(&token, "/api/me"), 401, "token_not_valid", "revoked");
    let record = admin.get(&format!("/api/staff/accounts/{id}?reason=r"));
    assert_eq!(record.json["suspensions"][0]["reason"], "Fraude");
    let unknown = admin.post("accounts/019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90/reinstate", &json!({}));
    assert_problem(&unknown, 404, "unknown_account", "unknown");
}

#[test]
fn staff_see_whether_mail_reaches_the_owner() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let body = with(samples::registration("labo", "labo@example.com"), "profile.language", "ar");
    let id = send_registration(&app, "labo", &body).text_at("id").to_owned();
    let read = || desk.get(&format!("/api/staff/accounts/{id}?reason=r")).json;
    let account = read();
    assert_eq!((&account["language"], &account["last_bounce"]), (&json!("ar"), &Value::Null));
    assert_eq!(account["email_verified_at"], Value::Null);
    let _ = app.mail();

    let failure = DeliveryError::Permanent("550 5.1.1 <labo@example.com>: unknown".to_owned());
    app.mailer.fail_with(Some(failure));
    desk.decide(&id, "approve", &json!({}));
    assert!(app.mail().is_empty());
    let bounce = json!({ "at": "2026-11-23T09:30:00.000Z", "template": "approved", "error": "550 5.1.1 <…>: unknown" });
    assert_eq!(read()["last_bounce"], bounce);

    app.database.execute("UPDATE profiles SET email_verified_at = '2026-11-23 10:00:00+00'").unwrap();
    assert_eq!(read()["email_verified_at"], "2026-11-23T10:00:00.000Z");
    let page = desk.get("/api/staff/accounts?role=labo");
    assert!(!page.text.contains("last_bounce"), "{}", page.text);
}
