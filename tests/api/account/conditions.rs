//! The `ETag` of `/api/me`, and the conditions `If-Match` and `If-None-Match` (RFC 9110 §13).

use std::sync::Barrier;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::support::{ROLES, assert_problem, register, with};

/// Sends a request to `/api/me` with these conditions.
fn send(app: &TestApp, method: Method, token: &str, conditions: &[(&str, &str)], body: &str) -> Response {
    let mut request = app
        .request(method, "/api/me")
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {token}"));
    for (name, value) in conditions {
        request = request.header(*name, *value);
    }
    app.send(request.body(body.to_owned()).unwrap())
}

fn get(app: &TestApp, token: &str, condition: (&str, &str)) -> Response {
    send(app, Method::GET, token, &[condition], "")
}

fn patch(app: &TestApp, token: &str, condition: (&str, &str), body: &Value) -> Response {
    send(app, Method::PATCH, token, &[condition], &body.to_string())
}

fn tag(app: &TestApp, token: &str) -> String {
    app.get_as(token, "/api/me").header("ETag").to_owned()
}

/// Returns an app, and an access token of a patient.
fn patient() -> (TestApp, String) {
    let app = TestApp::start();
    let token = register(&app, "user", "amina@example.com").text_at("access").to_owned();
    (app, token)
}

#[test]
fn every_account_has_a_strong_tag_that_a_change_returns_as_well() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        let token = registered.text_at("access");
        let before = tag(&app, token);
        assert!(before.starts_with('"') && before.ends_with('"') && before.len() > 10, "{role}: {before}");
        assert_eq!(tag(&app, token), before, "{role}");
        let head = send(&app, Method::HEAD, token, &[], "");
        assert_eq!(head.header("ETag"), before, "{role}");
        let path = if role == "user" { "address" } else { "profile.address" };
        let changed = patch(&app, token, ("If-Match", &before), &with(json!({}), path, "Oran"));
        assert_eq!(changed.status, 200, "{role}: {}", changed.text);
        assert_ne!(changed.header("ETag"), before, "{role}");
        assert_eq!(tag(&app, token), changed.header("ETag"), "{role}");
    }
}

#[test]
fn an_approval_changes_the_tag() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "doctor@example.com");
    let token = registered.text_at("access");
    let before = tag(&app, token);
    app.approve(Role::Doctor, "doctor@example.com");
    assert_ne!(tag(&app, token), before);
    let answer = patch(&app, token, ("If-Match", &before), &json!({ "bio": "Cardiologue" }));
    assert_problem(&answer, 412, "precondition_failed", "stale");
}

#[test]
fn a_client_that_has_the_current_version_gets_304_without_a_body() {
    let (app, token) = patient();
    let tag = tag(&app, &token);
    let cases = [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()];
    for known in cases {
        let answer = get(&app, &token, ("If-None-Match", &known));
        assert_eq!((answer.status, answer.text.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("ETag"), tag, "{known}");
    }
    for other in ["\"other\"", "W/\"other\"", "other", ""] {
        let answer = get(&app, &token, ("If-None-Match", other));
        assert_eq!((answer.status, answer.header("ETag")), (200, tag.as_str()), "{other}");
    }
}

#[test]
fn a_change_is_made_only_to_a_version_that_the_client_knows() {
    let (app, token) = patient();
    let stale = tag(&app, &token);
    assert_eq!(patch(&app, &token, ("If-Match", &stale), &json!({ "address": "Oran" })).status, 200);
    let current = tag(&app, &token);
    let refused = [
        ("If-Match", stale.clone()),
        ("If-Match", format!("W/{current}")),
        ("If-Match", "not a tag".to_owned()),
        ("If-None-Match", current.clone()),
        ("If-None-Match", "*".to_owned()),
    ];
    for (name, value) in refused {
        let answer = patch(&app, &token, (name, &value), &json!({ "address": "Annaba" }));
        assert_problem(&answer, 412, "precondition_failed", &value);
        assert_eq!(tag(&app, &token), current, "{value}");
    }
    let read = get(&app, &token, ("If-Match", &stale));
    assert_problem(&read, 412, "precondition_failed", "a read");
    let accepted =
        [("If-Match", format!("{stale}, {current}")), ("If-Match", "*".to_owned()), ("If-None-Match", stale)];
    for (name, value) in accepted {
        // The same value, so the version stays.
        let answer = patch(&app, &token, (name, &value), &json!({ "address": "Oran" }));
        assert_eq!(answer.status, 200, "{value}: {}", answer.text);
    }
}

#[test]
fn the_document_of_an_old_tab_does_not_revert_a_change() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "doctor@example.com");
    let token = registered.text_at("access");
    let old = app.get_as(token, "/api/me");
    app.approve(Role::Doctor, "doctor@example.com");
    patch(&app, token, ("If-Match", "*"), &json!({ "doctor_address": "5, rue Larbi Ben M’hidi" }));
    // It also has the old `is_approved`: the client learns that it is old, not that a member is
    // read-only.
    let answer = patch(&app, token, ("If-Match", old.header("ETag")), &old.json);
    assert_problem(&answer, 412, "precondition_failed", "old");
    assert_eq!(app.get_as(token, "/api/me").json["doctor_address"], "5, rue Larbi Ben M’hidi");
}

#[test]
fn one_of_several_simultaneous_changes_to_a_version_is_made() {
    const RUNNERS: usize = 4;
    let (app, token) = patient();
    let known = tag(&app, &token);
    let start = Barrier::new(RUNNERS);
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..RUNNERS)
            .map(|number| {
                let (app, token, known, start) = (&app, &token, &known, &start);
                scope.spawn(move || {
                    start.wait();
                    let body = json!({ "address": format!("Oran {number}") });
                    let mut answers =
                        std::iter::repeat_with(|| patch(app, token, ("If-Match", known), &body));
                    // Another one may lock the account for long.
                    answers.find(|answer| answer.code() != "busy").unwrap()
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(made.len(), 1, "{answers:?}");
    for answer in refused {
        assert_problem(answer, 412, "precondition_failed", "another was first");
    }
    assert_eq!(app.get_as(&token, "/api/me").json, made[0].json);
}
