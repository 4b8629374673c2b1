//! Claims of applications.

use std::time::Duration;

use serde_json::json;
use sihha_tests::TestApp;

use super::desk::{Desk, applicant};
use crate::support::assert_problem;

#[test]
fn another_member_is_told_who_holds_an_application_and_may_take_it_over() {
    let app = TestApp::start();
    let (one, other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let id = applicant(&app, "labo", "labo@example.com");
    let claimed = one.decide(&id, "claim", &json!({}));
    assert_eq!(claimed.json["claim"]["until"], "2026-11-23T09:45:00.000Z");
    for action in ["claim", "approve", "release"] {
        let refused = other.post(&format!("approvals/{id}/{action}"), &json!({}));
        assert_problem(&refused, 409, "claimed_by_other", action);
        let params = &refused.json["params"];
        assert_eq!(
            (&params["by"], &params["until"]),
            (&json!("Leïla Amrani"), &json!("2026-11-23T09:45:00.000Z"))
        );
    }
    let taken = other.decide(&id, "claim", &json!({ "take_over": true }));
    assert_eq!(taken.json["claim"]["by"]["id"], json!(other.id));
    let history = &one.get(&format!("/api/staff/approvals/{id}")).json["history"];
    assert_eq!(history[0]["event"], "taken_over");
    assert_problem(
        &one.post(&format!("approvals/{id}/approve"), &json!({})),
        409,
        "claimed_by_other",
        "first",
    );
    assert_eq!(other.decide(&id, "approve", &json!({})).json["claim"], json!(null));
}

#[test]
fn a_claim_that_expired_or_was_released_holds_nobody_up() {
    let app = TestApp::start();
    let (mut one, other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let id = applicant(&app, "labo", "labo@example.com");
    one.decide(&id, "claim", &json!({}));
    assert_eq!(one.decide(&id, "release", &json!({})).json["claim"], json!(null));
    other.decide(&id, "claim", &json!({}));
    app.pass(Duration::from_mins(15));
    one.log_in();
    let item = &one.get("/api/staff/approvals").json["items"][0];
    assert_eq!(item["claim"], json!(null));
    one.decide(&id, "approve", &json!({}));
}

#[test]
fn a_get_claims_nothing() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    desk.get(&format!("/api/staff/approvals/{id}"));
    assert_eq!(desk.get("/api/staff/approvals").json["items"][0]["claim"], json!(null));
    assert_eq!(desk.get("/api/staff/approvals/next").status, 405);
}
