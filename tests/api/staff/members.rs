//! Members of staff, for admins.

use std::time::Duration;

use serde_json::json;
use sihha_tests::TestApp;
use sihha_tests::staff::otp;
use ureq::http::Method;

use super::desk::Desk;
use crate::support::{assert_fields, assert_problem};

#[test]
fn an_admin_creates_a_member_who_logs_in_and_is_refused_when_disabled() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let body = json!({
        "email": "new@dsp.dz", "password": "correct horse battery", "name": "Samira Benali", "directorate": "DSP d’Oran",
        "role": "reviewer", "wilayas": ["31"], "applicant_roles": ["doctor"],
    });
    let created = admin.post("members", &body);
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.json["recovery_codes"].as_array().unwrap().len(), 10);
    assert_fields_taken(&admin.post("members", &body));
    let id = created.text_at("id");
    let code = otp(created.text_at("otpauth_uri"), app.now());
    let login = json!({ "email": "new@dsp.dz", "password": "correct horse battery", "otp": code });
    let token = app.post("/api/staff/login", &login).text_at("access").to_owned();
    assert_eq!(app.get_as(&token, "/api/staff/me").json["wilayas"], json!(["31"]));
    let patch = app.request(Method::PATCH, &format!("/api/staff/members/{id}"));
    let patch = patch.header("Authorization", format!("Bearer {}", admin.token));
    let patch = patch.header("Content-Type", "application/merge-patch+json");
    let changed =
        app.send(patch.body(json!({ "wilayas": ["16"], "directorate": null }).to_string()).unwrap());
    assert_eq!((&changed.json["wilayas"], &changed.json["directorate"]), (&json!(["16"]), &json!(null)));
    assert_eq!(changed.json["name"], "Samira Benali");
    assert_eq!(app.get_as(&token, "/api/staff/me").json["wilayas"], json!(["16"]), "with the next request");

    assert_eq!(admin.post(&format!("members/{id}/disable"), &json!({})).status, 200);
    assert_problem(&app.get_as(&token, "/api/staff/me"), 401, "token_not_valid", "disabled");
    assert_eq!(admin.post(&format!("members/{id}/enable"), &json!({})).json["disabled_at"], json!(null));
    let reset = admin.post(&format!("members/{id}/reset-second-factor"), &json!({}));
    let password = json!({ "password": "another long password" });
    assert_eq!(admin.post(&format!("members/{id}/reset-password"), &password).status, 200);
    app.pass(Duration::from_mins(1));
    let code = otp(reset.text_at("otpauth_uri"), app.now());
    let login = json!({ "email": "new@dsp.dz", "password": "another long password", "otp": code });
    assert_eq!(app.post("/api/staff/login", &login).status, 200);
    let listed = admin.get("/api/staff/members").json["items"].as_array().unwrap().len();
    assert_eq!(listed, 2);
}

#[track_caller]
fn assert_fields_taken(answer: &sihha_tests::Response) {
    assert_problem(answer, 409, "taken", "e-mail");
    assert_eq!(answer.field_paths(), ["email"]);
}

#[test]
fn the_last_admin_stays_and_invalid_members_are_refused() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let disabled = admin.post(&format!("members/{}/disable", admin.id), &json!({}));
    assert_problem(&disabled, 409, "last_admin", "disable");
    let unknown = admin.post("members/019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90/disable", &json!({}));
    assert_problem(&unknown, 404, "unknown_member", "unknown");
    let body = json!({ "email": "x", "password": "short", "role": "king", "wilayas": ["99"] });
    assert_fields(
        &admin.post("members", &body),
        &[
            ("email", "malformed"),
            ("password", "too_short"),
            ("name", "required"),
            ("role", "unknown_choice"),
            ("wilayas.0", "unknown_choice"),
        ],
        "new member",
    );
}

#[test]
fn an_empty_entry_of_a_scope_does_not_make_it_the_whole_country() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let mut body = json!({
        "email": "new@dsp.dz", "password": "correct horse battery", "name": "Samira Benali", "role": "reviewer",
    });
    for entry in [json!(null), json!("")] {
        body["wilayas"] = json!([entry]);
        body["applicant_roles"] = json!(["doctor", null]);
        assert_fields(
            &admin.post("members", &body),
            &[("wilayas.0", "required"), ("applicant_roles.1", "required")],
            &entry.to_string(),
        );
    }
}
