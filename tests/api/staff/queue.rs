//! `GET /api/staff/approvals`, its counts and figures, and `POST /api/staff/approvals/next`.

use std::time::Duration;

use serde_json::json;
use sihha_tests::TestApp;

use super::desk::{Desk, applicant, doctor_in, ids};
use crate::support::{assert_fields, assert_problem};

#[test]
fn pages_are_oldest_first_and_stable_while_applications_are_added() {
    let app = TestApp::start();
    let desk = Desk::admin(&app);
    let mut registered = Vec::new();
    for number in 0..5 {
        registered.push(applicant(&app, "labo", &format!("labo{number}@example.com")));
        app.pass(Duration::from_secs(1));
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("/api/staff/approvals?limit=2{cursor}"));
        assert_eq!(page.status, 200, "{}", page.text);
        seen.extend(ids(&page));
        let Some(next) = page.json["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
        registered.push(applicant(&app, "labo", &format!("later{}@example.com", seen.len())));
        app.pass(Duration::from_secs(1));
    }
    assert_eq!(seen, registered);
}

#[test]
fn an_item_has_what_a_reviewer_recognizes_and_nothing_private() {
    let app = TestApp::start();
    let desk = Desk::admin(&app);
    let id = doctor_in(&app, "doctor@example.com", "31");
    let page = desk.get("/api/staff/approvals");
    let item = &page.json["items"][0];
    assert_eq!(
        (&item["id"], &item["role"], &item["state"]),
        (&json!(id), &json!("doctor"), &json!("pending"))
    );
    assert_eq!(
        (&item["wilaya"], &item["resubmitted"], &item["claim"]),
        (&json!("31"), &json!(false), &json!(null))
    );
    assert_eq!(item["submitted_at"], item["last_submitted_at"]);
    assert!(item["first_name"].is_string() && item["specialite"].is_string(), "{item}");
    let details = desk.get(&format!("/api/staff/approvals/{id}"));
    assert_eq!(details.status, 200, "{}", details.text);
    for text in [&page.text, &details.text] {
        for private in ["blood_type", "married", "emergency_numbers", "password", "O+"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
    }
    assert!(details.json["facts"]["carte_id"].is_string() && details.json["facts"]["email"].is_string());
}

#[test]
fn filters_and_the_search_select_applications() {
    let app = TestApp::start();
    let desk = Desk::admin(&app);
    let oran = doctor_in(&app, "oran@example.com", "31");
    let algiers = doctor_in(&app, "algiers@example.com", "16");
    let hospital = applicant(&app, "hospital", "hospital@example.com");
    desk.decide(&algiers, "approve", &json!({}));
    assert_eq!(desk.queue("wilaya=31"), [oran.as_str()]);
    assert_eq!(desk.queue("state=approved"), [algiers.as_str()]);
    assert_eq!(desk.queue("role=hospital&state=pending"), [hospital.as_str()]);
    assert_eq!(desk.queue("state=pending,approved&role=doctor").len(), 2);
    assert_eq!(desk.queue("q=oran%40example.com"), [oran.as_str()]);
    assert_eq!(desk.queue("q=oran%40example.com&state=rejected"), [""; 0]);
    let counts = desk.get("/api/staff/approvals/counts");
    let wanted =
        json!({ "pending": 2, "changes_requested": 0, "approved": 1, "rejected": 0, "changes_pending": 0 });
    assert_eq!(counts.json, wanted);
    assert_eq!(desk.get("/api/staff/approvals/counts?wilaya=31").json["pending"], 1);
}

#[test]
fn invalid_parameters_are_named() {
    let app = TestApp::start();
    let desk = Desk::admin(&app);
    applicant(&app, "labo", "labo@example.com");
    applicant(&app, "labo", "labo2@example.com");
    let next = desk.get("/api/staff/approvals?limit=1").json["next"].as_str().unwrap().to_owned();
    let tampered = format!("{}{}", if next.starts_with('1') { "2" } else { "1" }, &next[1..]);
    for (query, field, code) in [
        ("wilaya=99".to_owned(), "wilaya", "unknown_choice"),
        ("role=user".to_owned(), "role", "unknown_choice"),
        ("state=done".to_owned(), "state", "unknown_choice"),
        ("assigned=you".to_owned(), "assigned", "unknown_choice"),
        ("limit=0".to_owned(), "limit", "out_of_range"),
        ("limit=many".to_owned(), "limit", "wrong_type"),
        ("cursor=abc".to_owned(), "cursor", "malformed"),
        (format!("cursor={tampered}"), "cursor", "malformed"),
        (format!("q=x&cursor={tampered}"), "cursor", "malformed"),
    ] {
        assert_fields(&desk.get(&format!("/api/staff/approvals?{query}")), &[(field, code)], &query);
    }
    assert_eq!(desk.queue("limit=1000").len(), 2, "a limit above 100 is 100");
}

#[test]
fn the_next_application_is_the_oldest_free_one() {
    let app = TestApp::start();
    let (one, mut other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let first = applicant(&app, "labo", "first@example.com");
    app.pass(Duration::from_secs(1));
    let second = doctor_in(&app, "second@example.com", "16");
    let claimed = one.post("approvals/next", &json!({}));
    assert_eq!((claimed.status, &claimed.json["id"]), (200, &json!(first)));
    assert_eq!(claimed.json["claim"]["by"]["id"], json!(one.id));
    assert_eq!(other.post("approvals/next", &json!({})).json["id"], json!(second));
    assert_eq!(other.post("approvals/next", &json!({})).status, 204);
    assert_eq!(one.queue("assigned=me"), [first.as_str()]);
    app.pass(Duration::from_mins(16));
    other.log_in();
    assert_eq!(other.post("approvals/next", &json!({ "role": "labo" })).json["id"], json!(first));
    assert_eq!(other.post("approvals/next", &json!({ "wilaya": "31" })).status, 204);
    assert_fields(
        &other.post("approvals/next", &json!({ "wilaya": "99", "state": 7 })),
        &[("wilaya", "unknown_choice"), ("state", "wrong_type")],
        "next",
    );
}

#[test]
fn the_figures_count_the_decisions_that_stand() {
    let app = TestApp::start();
    let mut desk = Desk::admin(&app);
    let [first, second, third] =
        ["a", "b", "c"].map(|name| applicant(&app, "labo", &format!("{name}@example.com")));
    app.pass(Duration::from_hours(3));
    desk.log_in();
    desk.decide(&first, "approve", &json!({}));
    desk.decide(&second, "reject", &json!({ "reason_code": "duplicate" }));
    desk.decide(&third, "approve", &json!({ "hold_seconds": 30 }));
    app.pass(Duration::from_secs(1));
    desk.decide(&third, "undo", &json!({}));
    let stats = desk.get("/api/staff/approvals/stats");
    assert_eq!(stats.status, 200, "{}", stats.text);
    assert_eq!((&stats.json["pending"], &stats.json["median_hours_to_decision"]), (&json!(1), &json!(3.0)));
    assert_eq!(
        stats.json["days"],
        json!([{ "date": "2026-11-23", "approved": 1, "rejected": 1, "changes_requested": 0 }])
    );
    assert_eq!(
        stats.json["reviewers"],
        json!([{ "id": desk.id, "email": "admin@dsp.example.dz", "decided": 2 }])
    );
    assert!(stats.json["oldest_pending_at"].is_string());
    assert_problem(&app.get("/api/staff/approvals/stats"), 401, "token_not_valid", "anonymous");
}
