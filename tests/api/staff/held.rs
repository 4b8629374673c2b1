//! Decisions that are held.

use std::time::Duration;

use serde_json::json;
use sihha_tests::TestApp;

use super::desk::{Desk, applicant};
use crate::support::{assert_problem, log_in};

#[test]
fn a_held_decision_changes_nothing_for_the_applicant_until_it_takes_effect() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "reviewer@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    let held = desk.decide(&id, "approve", &json!({ "hold_seconds": 10.0 }));
    assert_eq!((&held.json["state"], held.json["effective_at"].is_string()), (&json!("approved"), true));
    assert_eq!(log_in(&app, "labo", "labo@example.com").status, 404);
    assert_eq!(desk.queue("state=pending"), [""; 0]);
    app.pass(Duration::from_secs(10));
    app.settle_decisions();
    assert_eq!(log_in(&app, "labo", "labo@example.com").status, 200);
    let late = desk.post(&format!("approvals/{id}/undo"), &json!({}));
    assert_problem(&late, 409, "nothing_to_undo", "undone too late");
}

#[test]
fn the_member_who_decided_takes_a_held_decision_back_and_others_cannot() {
    let app = TestApp::start();
    let (one, other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let registered = crate::support::register(&app, "labo", "labo@example.com");
    let id = registered.text_at("id");
    one.decide(id, "reject", &json!({ "reason": "Non", "hold_seconds": 60 }));
    let by_other = other.post(&format!("approvals/{id}/undo"), &json!({}));
    assert_problem(&by_other, 409, "already_decided", "undone by another one");
    let approved = other.post(&format!("approvals/{id}/approve"), &json!({}));
    assert_problem(&approved, 409, "already_decided", "decided meanwhile");
    assert_eq!(one.decide(id, "undo", &json!({})).json["state"], "pending");
    app.pass(Duration::from_secs(61));
    app.settle_decisions();
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200, "the session goes on");
    assert_eq!(other.decide(id, "approve", &json!({})).json["state"], "approved");
}
