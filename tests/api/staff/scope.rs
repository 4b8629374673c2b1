//! What a reviewer sees.

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::TestApp;

use super::desk::{Desk, applicant, doctor_in};
use crate::support::assert_problem;

#[test]
fn an_application_outside_the_scope_does_not_exist() {
    let app = TestApp::start();
    let oran = Desk::with_scope(&app, "oran@dsp.dz", &["31"], &[]);
    let labos = Desk::with_scope(&app, "labos@dsp.dz", &[], &[Role::Labo]);
    let inside = doctor_in(&app, "inside@example.com", "31");
    let outside = doctor_in(&app, "outside@example.com", "16");
    let labo = applicant(&app, "labo", "labo@example.com");
    assert_eq!(oran.queue(""), [inside.as_str()]);
    assert_eq!(labos.queue(""), [labo.as_str()]);
    assert_eq!(oran.queue("wilaya=16"), [""; 0]);
    assert_eq!(oran.queue("q=outside%40example.com"), [""; 0]);
    assert_eq!(oran.get("/api/staff/approvals/counts").json["pending"], 1);
    assert_eq!(oran.get("/api/staff/approvals/stats").json["pending"], 1);
    assert_eq!(oran.post("approvals/next", &json!({ "role": "labo" })).status, 204);
    for id in [&outside, &labo] {
        assert_problem(&oran.get(&format!("/api/staff/approvals/{id}")), 404, "unknown_application", id);
        for action in ["claim", "release", "approve", "undo"] {
            let refused = oran.post(&format!("approvals/{id}/{action}"), &json!({}));
            assert_problem(&refused, 404, "unknown_application", action);
        }
        let account = oran.get(&format!("/api/staff/accounts/{id}?reason=r"));
        assert_problem(&account, 404, "unknown_account", id);
    }
}

#[test]
fn a_reviewer_sees_applicants_only() {
    let app = TestApp::start();
    let reviewer = Desk::reviewer(&app, "reviewer@dsp.dz");
    let patient = applicant(&app, "user", "patient@example.com");
    let labo = applicant(&app, "labo", "labo@example.com");
    let found = reviewer.get("/api/staff/accounts");
    assert_eq!(super::desk::ids(&found), [labo.as_str()]);
    assert_eq!(super::desk::ids(&reviewer.get("/api/staff/accounts?role=user")), [""; 0]);
    let read = reviewer.get(&format!("/api/staff/accounts/{patient}?reason=r"));
    assert_problem(&read, 404, "unknown_account", "patient");
    for action in ["suspend", "reinstate", "revoke-sessions", "lift-throttle"] {
        let refused = reviewer.post(&format!("accounts/{labo}/{action}"), &json!({ "reason": "r" }));
        assert_problem(&refused, 403, "forbidden", action);
    }
    assert_problem(&reviewer.get("/api/staff/members"), 403, "forbidden", "members");
}
