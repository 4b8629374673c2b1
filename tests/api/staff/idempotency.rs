//! Requests of staff that are repeated.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::desk::{Desk, applicant};
use crate::support::{assert_problem, with};

#[test]
fn a_repeated_request_gets_the_first_answer_and_another_one_is_refused() {
    let app = TestApp::start();
    let (one, other) = (Desk::reviewer(&app, "one@dsp.dz"), Desk::reviewer(&app, "other@dsp.dz"));
    let id = applicant(&app, "labo", "labo@example.com");
    let path = format!("approvals/{id}/approve");
    let first = one.send(&path, &json!({}), Some("key"));
    assert_eq!(first.status, 200, "{}", first.text);
    other.decide(&id, "reopen", &json!({ "reason": "Erreur" }));
    let again = one.send(&path, &json!({}), Some("key"));
    assert_eq!((again.status, &again.json), (200, &first.json), "the first answer");
    assert_eq!(one.get(&format!("/api/staff/approvals/{id}")).json["state"], "pending", "not approved again");
    for (path, body) in [(path.clone(), json!({ "note": "n" })), (format!("approvals/{id}/claim"), json!({}))]
    {
        assert_problem(&one.send(&path, &body, Some("key")), 422, "idempotency_key_reused", &path);
    }
    assert_eq!(other.send(&path, &json!({}), Some("key")).status, 200, "each member has own keys");
}

#[test]
fn parallel_repetitions_take_effect_once() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    app.pass(Duration::from_secs(1));
    applicant(&app, "labo", "second@example.com");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| desk.send("approvals/next", &json!({}), Some("next")).json["id"].clone()))
            .collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == json!(id)), "{answers:?}");
    assert_eq!(desk.queue("assigned=me"), [id.as_str()]);
    let decided: Vec<_> = std::thread::scope(|scope| {
        let path = format!("approvals/{id}/approve");
        let requests: Vec<_> = (0..6)
            .map(|_| (path.clone(), &desk))
            .map(|(path, desk)| scope.spawn(move || desk.send(&path, &json!({}), Some("a")).status))
            .collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    assert_eq!(decided, [200; 6]);
    let history = desk.get(&format!("/api/staff/approvals/{id}")).json["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 1, "{history}");
}

#[test]
fn a_failed_request_may_be_corrected_with_the_same_key() {
    let app = TestApp::start();
    let desk = Desk::reviewer(&app, "one@dsp.dz");
    let id = applicant(&app, "labo", "labo@example.com");
    let path = format!("approvals/{id}/reject");
    assert_eq!(desk.send(&path, &json!({}), Some("key")).status, 400);
    assert_eq!(desk.send(&path, &json!({ "reason": "Non" }), Some("key")).status, 200);
    assert_problem(&desk.send(&path, &json!({}), Some("a key")), 400, "invalid_idempotency_key", "space");
}

fn new_member(password: &str) -> Value {
    json!({ "email": "new@dsp.dz", "password": password, "name": "Samira Benali", "role": "reviewer" })
}

#[test]
fn a_member_is_created_once_with_the_same_recovery_codes() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let create = |body: &Value| admin.send("members", body, Some("key"));
    let body = new_member("correct horse battery");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..4).map(|_| scope.spawn(|| create(&body))).collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!((answer.status, &answer.json), (201, &answers[0].json), "{}", answer.text);
    }
    assert_eq!(answers[0].json["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(admin.get("/api/staff/members").json["items"].as_array().unwrap().len(), 2);
    for (body, what) in [
        (with(body.clone(), "name", "Samir Benali"), "another body"),
        (new_member("another long password"), "another password"),
    ] {
        assert_problem(&create(&body), 422, "idempotency_key_reused", what);
    }
}

#[test]
fn a_repeated_change_of_a_member_gets_the_first_answer_and_is_done_once() {
    let app = TestApp::start();
    let admin = Desk::admin(&app);
    let created = admin.post("members", &new_member("correct horse battery"));
    let member = format!("members/{}", created.text_at("id"));
    let password = json!({ "password": "another long password" });
    let empty = json!({});
    for (action, body) in [
        ("disable", &empty),
        ("enable", &empty),
        ("reset-password", &password),
        ("reset-second-factor", &empty),
    ] {
        let path = format!("{member}/{action}");
        let first = admin.send(&path, body, Some(action));
        assert_eq!(first.status, 200, "{action}: {}", first.text);
        assert_eq!(admin.post(&path, body).status, 200, "{action} without a key");
        let again = admin.send(&path, body, Some(action));
        assert_eq!((again.status, &again.json), (200, &first.json), "{action}");
    }
    let other = json!({ "password": "a third long password" });
    let reused = admin.send(&format!("{member}/reset-password"), &other, Some("reset-password"));
    assert_problem(&reused, 422, "idempotency_key_reused", "another password");
    let other_path = admin.send(&format!("{member}/enable"), &empty, Some("disable"));
    assert_problem(&other_path, 422, "idempotency_key_reused", "the key of another path");
}
