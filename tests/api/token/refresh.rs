//! `POST /api/token/refresh`: rotation, its grace period, and theft.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::{Client, Response, TestApp, TestDatabase};

use crate::support::{assert_fields, assert_problem, log_in, opened, register, signed, with};

fn refresh(client: &Client, token: &str) -> Response {
    client.post("/api/token/refresh", &json!({ "refresh": token }))
}

/// Refreshes and returns the next refresh token.
#[track_caller]
fn next(client: &Client, token: &str) -> String {
    let answer = refresh(client, token);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text_at("refresh").to_owned()
}

#[test]
fn a_refresh_returns_new_tokens_of_the_same_session_with_and_without_a_slash() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    app.pass(Duration::from_mins(4));
    let answer = refresh(&app, registered.text_at("refresh"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (_, first) = opened(registered.text_at("refresh"));
    for (name, lifetime) in [("access", 300), ("refresh", 86_400)] {
        let (_, claims) = opened(answer.text_at(name));
        for kept in ["sid", "user_id", "role", "iss", "isPatient", "is_approved"] {
            assert_eq!(claims[kept], first[kept], "{name}: {kept}");
        }
        assert_eq!(claims["token_type"], name);
        assert_eq!(claims["iat"], first["iat"].as_i64().unwrap() + 240, "{name}");
        assert_eq!(claims["exp"], claims["iat"].as_i64().unwrap() + lifetime, "{name}");
    }
    assert_eq!(answer.json["expires_in"], 300);
    assert_eq!(app.get_as(answer.text_at("access"), "/api/me").status, 200);
    let slashed = app.post("/api/token/refresh/", &json!({ "refresh": answer.text_at("refresh") }));
    assert_eq!(slashed.status, 200, "{}", slashed.text);
}

#[test]
fn a_lost_response_is_repeated_in_the_grace_period() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com").text_at("refresh").to_owned();
    let second = next(&app, &first);
    app.pass(Duration::from_millis(9_999));
    assert_eq!(next(&app, &first), second);
    next(&app, &second);
}

#[test]
fn a_reuse_after_the_grace_period_is_theft_and_revokes_the_session() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com").text_at("refresh").to_owned();
    let other = log_in(&app, "user", "amina@example.com");
    let second = refresh(&app, &first);
    app.pass(Duration::from_secs(10));
    assert_problem(&refresh(&app, &first), 401, "token_not_valid", "the stolen token");
    assert_problem(&refresh(&app, second.text_at("refresh")), 401, "token_not_valid", "its successor");
    let me = app.get_as(second.text_at("access"), "/api/me");
    assert_problem(&me, 401, "token_not_valid", "the access token");
    assert_eq!(app.get_as(other.text_at("access"), "/api/me").status, 200, "the other session is still live");
    let why = "SELECT count(*) AS n FROM sessions WHERE end_reason = 'token_reused'";
    assert_eq!(app.database.number(why), 1);
}

#[test]
fn the_operator_sets_the_grace_period() {
    let app = TestApp::start_with(TestDatabase::new(), |options| options.refresh_grace = Duration::ZERO);
    let first = register(&app, "user", "amina@example.com").text_at("refresh").to_owned();
    next(&app, &first);
    assert_problem(&refresh(&app, &first), 401, "token_not_valid", "a repetition without a grace period");
}

#[test]
fn fifty_simultaneous_refreshes_on_two_instances_leave_one_live_successor() {
    let database = Arc::new(TestDatabase::new());
    let instances = [(); 2].map(|()| TestApp::start_with(Arc::clone(&database), |_| {}));
    let first = register(&instances[0], "user", "amina@example.com").text_at("refresh").to_owned();
    let start = Barrier::new(50);
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..50)
            .map(|number| {
                let client = Client::new(instances[number % 2].address());
                let (start, first) = (&start, &first);
                scope.spawn(move || {
                    start.wait();
                    refresh(&client, first)
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    let successor = answers[0].text_at("refresh").to_owned();
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.text_at("refresh"), successor);
    }
    let live = "SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL";
    assert_eq!(database.number(live), 1);
    next(&instances[1], &successor);
}

#[test]
fn the_first_refresh_after_an_approval_shows_it() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "yacine@example.com");
    let waiting = next(&app, registered.text_at("refresh"));
    assert_eq!(opened(&waiting).1["is_approved"], false);
    app.approve(Role::Doctor, "yacine@example.com");
    assert_eq!(opened(&next(&app, &waiting)).1["is_approved"], true);
}

#[test]
fn a_rejection_takes_effect_immediately() {
    let app = TestApp::start();
    let registered = register(&app, "labo", "labo@example.com");
    app.reject(Role::Labo, "labo@example.com");
    assert_problem(&refresh(&app, registered.text_at("refresh")), 401, "token_not_valid", "refresh");
    let me = app.get_as(registered.text_at("access"), "/api/me");
    assert_problem(&me, 401, "token_not_valid", "me");
}

#[test]
fn used_sessions_of_patients_last_a_month_and_of_other_roles_a_day() {
    let app = TestApp::start();
    let mut patient = register(&app, "user", "amina@example.com").text_at("refresh").to_owned();
    let mut doctor = register(&app, "doctor", "yacine@example.com").text_at("refresh").to_owned();
    app.pass(Duration::from_hours(23));
    (patient, doctor) = (next(&app, &patient), next(&app, &doctor));
    app.pass(Duration::from_hours(1));
    assert_problem(&refresh(&app, &doctor), 401, "token_not_valid", "after a day");
    for _ in 0..30 {
        patient = next(&app, &patient);
        app.pass(Duration::from_hours(23));
    }
    app.pass(Duration::from_hours(6));
    assert_problem(&refresh(&app, &patient), 401, "token_not_valid", "30 days are over");
}

#[test]
fn an_unknown_session_is_not_refreshed() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let (_, claims) = opened(registered.text_at("refresh"));
    let nobody = with(claims, "sid", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
    assert_problem(&refresh(&app, &signed(&nobody)), 401, "token_not_valid", "an unknown session");
    next(&app, registered.text_at("refresh"));
}

#[test]
fn a_token_that_is_missing_or_not_text_is_reported() {
    let app = TestApp::start();
    for (body, code) in [
        (json!({}), "required"),
        (json!({ "refresh": "" }), "required"),
        (json!({ "refresh": 1 }), "wrong_type"),
    ] {
        assert_fields(&app.post("/api/token/refresh", &body), &[("refresh", code)], &body.to_string());
    }
}

#[test]
fn no_token_is_stored_in_the_database() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let (_, claims) = opened(registered.text_at("refresh"));
    let jti = claims["jti"].as_str().unwrap();
    let sql = format!("SELECT count(*) AS n FROM sessions WHERE sessions::text LIKE '%{jti}%'");
    assert_eq!(app.database.number(&sql), 0);
}
