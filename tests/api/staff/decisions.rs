//! Decisions on one application.

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::TestApp;

use super::desk::{Desk, applicant};
use crate::support::{assert_fields, assert_problem, log_in};

#[test]
fn an_approved_applicant_logs_in_and_the_history_says_who_approved() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = applicant(&app, "doctor", "doctor@example.com");
    assert_eq!(log_in(&app, "doctor", "doctor@example.com").status, 404);
    let decided = desk.decide(&id, "approve", &json!({ "note": "Vérifié au tableau" }));
    assert_eq!((&decided.json["state"], &decided.json["effective_at"]), (&json!("approved"), &json!(null)));
    assert_eq!(log_in(&app, "doctor", "doctor@example.com").status, 200);
    let details = desk.get(&format!("/api/staff/approvals/{id}"));
    let event = &details.json["history"][0];
    assert_eq!((&event["event"], &event["note"]), (&json!("approved"), &json!("Vérifié au tableau")));
    assert_eq!(event["by"]["id"], json!(desk.id));
    let token = log_in(&app, "doctor", "doctor@example.com").text_at("access").to_owned();
    let own = app.get_as(&token, "/api/me");
    assert!(!own.text.contains("Vérifié") && !own.text.contains("reviewer@dsp.dz"), "{}", own.text);
}

#[test]
fn a_rejected_applicant_reads_the_reason_and_loses_the_session() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let registered = crate::support::register(&app, "labo", "labo@example.com");
    let id = registered.text_at("id").to_owned();
    desk.decide(&id, "reject", &json!({ "reason_code": "incomplete", "reason": "Il manque l’agrément." }));
    assert_problem(&app.get_as(registered.text_at("access"), "/api/me"), 401, "token_not_valid", "session");
    let told = app.post("/api/application/status", &sihha_tests::samples::login("labo@example.com"));
    assert_eq!((&told.json["state"], &told.json["reason_code"]), (&json!("rejected"), &json!("incomplete")));
    assert_eq!(told.json["reason"], "Il manque l’agrément.");
}

#[test]
fn the_second_decision_is_told_who_was_first() {
    let app = TestApp::start();
    let (one, other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let id = applicant(&app, "hospital", "hospital@example.com");
    one.decide(&id, "approve", &json!({}));
    for (action, body) in [("reject", json!({ "reason": "Non" })), ("approve", json!({}))] {
        let second = other.post(&format!("approvals/{id}/{action}"), &body);
        assert_problem(&second, 409, "already_decided", action);
        let params = &second.json["params"];
        assert_eq!(
            (&params["state"], &params["by"]),
            (&json!("approved"), &json!("Leïla Amrani")),
            "{params}"
        );
        assert!(params["at"].is_string());
    }
    let reopened = other.decide(&id, "reopen", &json!({ "reason": "Mauvais dossier" }));
    assert_eq!(reopened.json["state"], "pending");
    assert_eq!(log_in(&app, "hospital", "hospital@example.com").status, 404);
}

#[test]
fn corrections_are_requested_and_compared() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = applicant(&app, "doctor", "doctor@example.com");
    let request = json!({ "message": "Corrigez le nom.", "fields": ["last_name", "numero_tel"] });
    assert_eq!(desk.decide(&id, "request-changes", &request).json["state"], "changes_requested");
    let told = app.post("/api/application/status", &sihha_tests::samples::login("doctor@example.com"));
    let token = told.text_at("access");
    let patch =
        app.request(ureq::http::Method::PATCH, "/api/me").header("Authorization", format!("Bearer {token}"));
    let patch = patch.header("Content-Type", "application/json");
    let body = json!({ "profile": { "last_name": "Nouveau" }, "wilaya": "31" });
    assert_eq!(app.send(patch.body(body.to_string()).unwrap()).status, 200);
    let resubmit = app.request(ureq::http::Method::POST, "/api/me/application/resubmit");
    let resubmit = resubmit.header("Authorization", format!("Bearer {token}"));
    assert_eq!(app.send(resubmit.body(()).unwrap()).status, 200);

    let details = desk.get(&format!("/api/staff/approvals/{id}"));
    assert_eq!((&details.json["state"], &details.json["resubmitted"]), (&json!("pending"), &json!(true)));
    let changes = details.json["changes"].as_array().unwrap();
    let change = |field: &str| changes.iter().find(|change| change["field"] == field).unwrap();
    assert_eq!(
        (&change("last_name")["new"], &change("last_name")["requested"]),
        (&json!("Nouveau"), &json!(true))
    );
    assert_eq!(change("numero_tel")["old"], change("numero_tel")["new"], "requested, and not changed");
    assert_eq!((&change("wilaya")["old"], &change("wilaya")["requested"]), (&json!(null), &json!(false)));
}

#[test]
fn invalid_decisions_are_refused_with_the_field() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = applicant(&app, "doctor", "doctor@example.com");
    for (action, body, field, code) in [
        ("reject", json!({}), "reason", "required"),
        ("reject", json!({ "reason_code": "ugly" }), "reason_code", "unknown_choice"),
        ("reject", json!({ "reason": "x".repeat(2001) }), "reason", "too_long"),
        ("reopen", json!({}), "reason", "required"),
        ("request-changes", json!({}), "message", "required"),
        (
            "request-changes",
            json!({ "message": "m", "fields": ["blood_type"] }),
            "fields.0",
            "unknown_choice",
        ),
        ("approve", json!({ "hold_seconds": 61 }), "hold_seconds", "out_of_range"),
        ("approve", json!({ "hold_seconds": -1 }), "hold_seconds", "out_of_range"),
        ("approve", json!({ "hold_seconds": "ten" }), "hold_seconds", "wrong_type"),
        ("approve", json!({ "hold_seconds": 10.5 }), "hold_seconds", "wrong_type"),
    ] {
        let answer = desk.post(&format!("approvals/{id}/{action}"), &body);
        if code == "unknown_choice" && field == "reason_code" {
            assert_eq!(answer.field_codes("reason_code"), ["unknown_choice"], "{}", answer.text);
        } else {
            assert_fields(&answer, &[(field, code)], action);
        }
    }
    let unknown = "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90";
    for id in [unknown, "no-id"] {
        assert_problem(&desk.get(&format!("/api/staff/approvals/{id}")), 404, "unknown_application", id);
        let approved = desk.post(&format!("approvals/{id}/approve"), &json!({}));
        assert_problem(&approved, 404, "unknown_application", id);
    }
    let patient = applicant(&app, "user", "patient@example.com");
    assert_problem(
        &desk.post(&format!("approvals/{patient}/approve"), &json!({})),
        404,
        "unknown_application",
        "",
    );
}

#[test]
fn a_change_of_vetted_facts_waits_for_a_decision() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = applicant(&app, "doctor", "doctor@example.com");
    app.approve(Role::Doctor, "doctor@example.com");
    let token = log_in(&app, "doctor", "doctor@example.com").text_at("access").to_owned();
    let change = |name: &str| {
        let patch = app
            .request(ureq::http::Method::PATCH, "/api/me")
            .header("Authorization", format!("Bearer {token}"));
        let body = json!({ "profile": { "first_name": name } }).to_string();
        app.send(patch.header("Content-Type", "application/json").body(body).unwrap())
    };
    let before = app.get_as(&token, "/api/me").json["profile"]["first_name"].clone();
    let changed = change("Yasmine");
    assert_eq!((changed.status, &changed.json["profile"]["first_name"]), (200, &before), "{}", changed.text);
    assert_eq!(desk.queue("state=changes_pending"), [id.as_str()]);
    let details = desk.get(&format!("/api/staff/approvals/{id}"));
    assert_eq!(
        details.json["changes"],
        json!([{ "field": "first_name", "old": before, "new": "Yasmine", "requested": false }])
    );
    desk.decide(&id, "reject", &json!({ "reason": "Sans justificatif" }));
    assert_eq!(app.get_as(&token, "/api/me").json["profile"]["first_name"], before);
    assert_eq!(change("Yasmine").status, 200);
    assert_eq!(desk.decide(&id, "approve", &json!({})).json["state"], "approved");
    assert_eq!(app.get_as(&token, "/api/me").json["profile"]["first_name"], "Yasmine");
}
