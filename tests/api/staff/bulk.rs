//! `POST /api/staff/approvals/decisions`.

use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::desk::{Desk, applicant};
use crate::support::{assert_fields, log_in};

#[test]
fn each_application_has_its_own_result() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let [first, second] =
        ["first", "second"].map(|name| applicant(&app, "labo", &format!("{name}@example.com")));
    desk.decide(&second, "reject", &json!({ "reason": "Non" }));
    let unknown = "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90";
    let body = json!({ "ids": [first, second, unknown, "no-id"], "decision": "approve" });
    let answer = desk.post("approvals/decisions", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let results: Vec<_> = answer.json["results"].as_array().unwrap().iter().collect();
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 409, 404, 404]);
    assert_eq!(
        (&results[0]["problem"], &results[1]["problem"]["code"]),
        (&Value::Null, &json!("already_decided"))
    );
    assert_eq!(log_in(&app, "labo", "first@example.com").status, 200);
}

#[test]
fn a_repeated_bulk_decision_makes_only_those_that_failed() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    let body = json!({ "ids": [id], "decision": "reject", "reason_code": "other" });
    for _ in 0..2 {
        let answer = desk.send("approvals/decisions", &body, Some("bulk"));
        assert_eq!(answer.json["results"][0]["status"], 200, "{}", answer.text);
    }
    let other = json!({ "ids": [id], "decision": "approve" });
    assert_eq!(desk.send("approvals/decisions", &other, Some("bulk")).status, 422);
}

#[test]
fn an_invalid_bulk_decision_changes_nothing() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    let too_many: Vec<_> = (0..101).map(|_| &id).collect();
    for (body, field, code) in [
        (json!({ "decision": "approve" }), "ids", "required"),
        (json!({ "ids": too_many, "decision": "approve" }), "ids", "too_many"),
        (json!({ "ids": [id], "decision": "burn" }), "decision", "unknown_choice"),
        (json!({ "ids": [id], "decision": "reject" }), "reason", "required"),
    ] {
        assert_fields(&desk.post("approvals/decisions", &body), &[(field, code)], code);
    }
    assert_eq!(desk.queue("state=pending"), [id.as_str()]);
}
