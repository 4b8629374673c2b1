//! Mails to the owners of accounts about what staff do.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::language::Language;
use sihha_domain::mail::OutgoingMail;
use sihha_tests::{TestApp, samples};

use super::desk::{Desk, applicant};
use crate::support::{send_registration, with};

const ADDRESS: &str = "labo@example.com";

/// Registers a laboratory that reads Arabic. Returns its id. Nothing waits for delivery.
fn labo(app: &TestApp) -> String {
    let body = with(samples::registration("labo", ADDRESS), "profile.language", "ar");
    let id = send_registration(app, "labo", &body).text_at("id").to_owned();
    let _ = app.mail();
    id
}

/// Returns the template and the values of each mail, all of which are to the laboratory.
fn notices(app: &TestApp) -> Vec<(&'static str, Value)> {
    let notice = |mail: &OutgoingMail| {
        assert_eq!((mail.to.as_str(), mail.language), (ADDRESS, Language::Arabic));
        (mail.content.template().as_str(), json!(mail.content.params()))
    };
    app.mail().iter().map(notice).collect()
}

#[test]
fn a_decision_is_told_with_its_reason_in_the_language_of_the_account() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    applicant(&app, "doctor", "other@example.com");
    let id = labo(&app);
    desk.decide(&id, "request-changes", &json!({ "message": "Corrigez", "fields": ["name"] }));
    assert_eq!(notices(&app), [("changes_requested", json!({ "message": "Corrigez", "fields": "name" }))]);
    desk.decide(&id, "reject", &json!({ "reason_code": "other", "reason": "Illisible" }));
    assert_eq!(notices(&app), [("rejected", json!({ "code": "other", "reason": "Illisible" }))]);
    desk.decide(&id, "reopen", &json!({ "reason": "Erreur" }));
    assert_eq!(notices(&app), []);
    desk.decide(&id, "approve", &json!({ "note": "Pour le dossier" }));
    assert_eq!(notices(&app), [("approved", json!({}))]);
}

#[test]
fn a_held_decision_is_told_when_it_takes_effect_and_an_undone_one_never() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = labo(&app);
    desk.decide(&id, "reject", &json!({ "reason": "Non", "hold_seconds": 10 }));
    app.pass(Duration::from_secs(1));
    desk.decide(&id, "undo", &json!({}));
    app.pass(Duration::from_secs(1));
    desk.decide(&id, "approve", &json!({ "hold_seconds": 10 }));
    app.pass(Duration::from_secs(9));
    app.settle_decisions();
    assert_eq!(notices(&app), []);
    app.pass(Duration::from_secs(1));
    app.settle_decisions();
    app.settle_decisions();
    assert_eq!(notices(&app), [("approved", json!({}))]);
}

#[test]
fn a_request_that_is_repeated_or_refused_is_told_once() {
    let app = TestApp::start();
    let (desk, admin) = (Desk::reviewer(&app, "reviewer@dsp.dz"), Desk::admin(&app));
    let id = labo(&app);
    let approve = format!("approvals/{id}/approve");
    let suspend = format!("accounts/{id}/suspend");
    for _ in 0..2 {
        assert_eq!(desk.send(&approve, &json!({}), Some("a")).status, 200);
    }
    assert_eq!(admin.post(&approve, &json!({})).status, 409);
    assert_eq!(notices(&app), [("approved", json!({}))]);
    for _ in 0..2 {
        assert_eq!(admin.send(&suspend, &json!({ "reason": "Fraude" }), Some("s")).status, 200);
    }
    assert_eq!(admin.post(&suspend, &json!({ "reason": "Encore" })).status, 200);
    assert_eq!(notices(&app), [("suspended", json!({ "at": "2026-11-23T09:30:00Z" }))]);
    for _ in 0..2 {
        assert_eq!(admin.post(&format!("accounts/{id}/reinstate"), &json!({})).status, 200);
    }
    assert_eq!(notices(&app), [("reinstated", json!({}))]);
}

#[test]
fn each_applicant_of_a_bulk_decision_is_told() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let ids = ["one@example.com", "two@example.com", "three@example.com"]
        .map(|email| applicant(&app, "labo", email));
    let _ = app.mail();
    desk.decide(&ids[0], "reject", &json!({ "reason": "Non" }));
    let _ = app.mail();
    let body = json!({ "ids": ids, "decision": "approve" });
    let decided = desk.post("approvals/decisions", &body);
    assert_eq!(decided.status, 200, "{}", decided.text);
    let mut told: Vec<_> = app.mail().iter().map(|mail| mail.to.as_str().to_owned()).collect();
    told.sort_unstable();
    assert_eq!(told, ["three@example.com", "two@example.com"], "the first one is decided already");
}

#[test]
fn decisions_at_the_terminal_are_told_as_well() {
    let app = TestApp::start();
    labo(&app);
    let told = || notices(&app).into_iter().map(|(template, _)| template).collect::<Vec<_>>();
    app.reject(Role::Labo, ADDRESS);
    assert_eq!(told(), ["rejected"]);
    app.approve(Role::Labo, ADDRESS);
    assert_eq!(told(), ["approved"]);
    app.suspend(ADDRESS);
    assert_eq!(told(), ["suspended"]);
    app.reinstate(ADDRESS);
    assert_eq!(told(), ["reinstated"]);
}
