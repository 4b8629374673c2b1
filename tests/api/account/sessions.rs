//! `/api/me/sessions`: the sessions of an account, for its owner.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{assert_fields, assert_problem, log_in, opened, register};

fn delete_as(app: &TestApp, token: &str, path: &str) -> Response {
    let request = app.request(Method::DELETE, path).header("Authorization", format!("Bearer {token}"));
    app.send(request.body(()).unwrap())
}

fn sid(answer: &Response) -> String {
    opened(answer.text_at("access")).1["sid"].as_str().unwrap().to_owned()
}

/// Returns the ids of the sessions that are listed with `token`.
fn listed(app: &TestApp, token: &str) -> Vec<String> {
    let answer = app.get_as(token, "/api/me/sessions");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let sessions = answer.json.as_array().unwrap();
    sessions.iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_session_shows_client_and_times_and_one_is_current() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    app.pass(Duration::from_hours(1));
    let request = app
        .request(Method::POST, "/api/user/login/")
        .header("Content-Type", "application/json")
        .header("User-Agent", "Sihha Mobile 2.1");
    let second = app.send(request.body(samples::login("amina@example.com").to_string()).unwrap());
    let answer = app.get_as(second.text_at("access"), "/api/me/sessions/");
    let [newest, oldest] = answer.json.as_array().unwrap().as_slice() else { panic!("{}", answer.text) };
    assert_eq!(
        *newest,
        json!({
            "id": sid(&second),
            "created": "2026-11-23T10:30:00.000Z",
            "last_used": "2026-11-23T10:30:00.000Z",
            "expires": "2026-11-24T10:30:00.000Z",
            "address": "127.0.0.1",
            "user_agent": "Sihha Mobile 2.1",
            "current": true
        })
    );
    assert_eq!((&oldest["current"], &oldest["created"]), (&json!(false), &json!("2026-11-23T09:30:00.000Z")));
}

#[test]
fn a_session_is_revoked_by_its_id() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let second = log_in(&app, "user", "amina@example.com");
    let answer = delete_as(&app, first.text_at("access"), &format!("/api/me/sessions/{}", sid(&second)));
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(listed(&app, first.text_at("access")), [sid(&first)]);
    let refresh = app.post("/api/token/refresh", &json!({ "refresh": second.text_at("refresh") }));
    assert_problem(&refresh, 401, "token_not_valid", "refresh");
}

#[test]
fn the_current_session_can_be_revoked() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let path = format!("/api/me/sessions/{}", sid(&first));
    assert_eq!(delete_as(&app, first.text_at("access"), &path).status, 204);
    assert_problem(&delete_as(&app, first.text_at("access"), &path), 401, "token_not_valid", "again");
}

#[test]
fn all_other_sessions_are_revoked_together() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let second = log_in(&app, "user", "amina@example.com");
    let stranger = register(&app, "user", "stranger@example.com");
    assert_eq!(delete_as(&app, second.text_at("access"), "/api/me/sessions").status, 204);
    assert_eq!(listed(&app, second.text_at("access")), [sid(&second)]);
    assert_problem(&app.get_as(first.text_at("access"), "/api/me"), 401, "token_not_valid", "another");
    assert_eq!(listed(&app, stranger.text_at("access")), [sid(&stranger)]);
}

#[test]
fn a_session_of_another_account_looks_like_one_that_does_not_exist() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let stranger = register(&app, "user", "stranger@example.com");
    let bodies: Vec<Value> =
        [sid(&stranger), "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90".into(), "nonsense".into()]
            .iter()
            .map(|id| {
                let answer = delete_as(&app, first.text_at("access"), &format!("/api/me/sessions/{id}"));
                assert_problem(&answer, 404, "unknown_session", id);
                let mut body = answer.json;
                body.as_object_mut().unwrap().remove("request_id");
                body
            })
            .collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert_eq!(app.get_as(stranger.text_at("access"), "/api/me").status, 200);
}

#[test]
fn ended_sessions_show_time_and_reason() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let second = log_in(&app, "user", "amina@example.com");
    let stolen = log_in(&app, "user", "amina@example.com");
    let refresh = || app.post("/api/token/refresh", &json!({ "refresh": stolen.text_at("refresh") })).status;
    assert_eq!(refresh(), 200);
    app.pass(Duration::from_mins(1));
    assert_eq!(refresh(), 401, "reused after the grace period");
    app.pass(Duration::from_mins(1));
    let answer = app.post("/api/token/blacklist", &json!({ "refresh": second.text_at("refresh") }));
    assert_eq!(answer.status, 200);

    let answer = app.get_as(first.text_at("access"), "/api/me/sessions/?status=ended");
    let [last, before] = answer.json.as_array().unwrap().as_slice() else { panic!("{}", answer.text) };
    assert_eq!((&last["id"], &last["end_reason"]), (&json!(sid(&second)), &json!("logged_out")));
    assert_eq!(last["ended_at"], "2026-11-23T09:32:00.000Z");
    assert_eq!(
        *before,
        json!({
            "id": sid(&stolen),
            "created": "2026-11-23T09:30:00.000Z",
            "last_used": "2026-11-23T09:30:00.000Z",
            "expires": "2026-11-24T09:30:00.000Z",
            "address": "127.0.0.1",
            "user_agent": before["user_agent"],
            "current": false,
            "ended_at": "2026-11-23T09:31:00.000Z",
            "end_reason": "token_reused"
        })
    );
    assert_eq!(listed(&app, first.text_at("access")), [sid(&first)]);
    let refused = app.get_as(second.text_at("access"), "/api/me/sessions?status=ended");
    assert_problem(&refused, 401, "token_not_valid", "an ended session lists nothing");
}

#[test]
fn the_status_filter_is_live_or_ended() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    for query in ["", "?", "?status=live", "?status=live&page=2", "?%73tatus=li%76e"] {
        let answer = app.get_as(first.text_at("access"), &format!("/api/me/sessions{query}"));
        assert_eq!((answer.status, &answer.json[0]["id"]), (200, &json!(sid(&first))), "{query}");
    }
    for (query, code) in [
        ("?status", "unknown_choice"),
        ("?status=", "unknown_choice"),
        ("?status=all", "unknown_choice"),
        ("?status=Ended", "unknown_choice"),
        ("?status=%00", "unknown_choice"),
        ("?status=%ff", "unknown_choice"),
        ("?status=live&status=ended", "wrong_type"),
    ] {
        let answer = app.get_as(first.text_at("access"), &format!("/api/me/sessions{query}"));
        assert_fields(&answer, &[("status", code)], query);
    }
}

#[test]
fn an_account_has_at_most_a_hundred_live_sessions_and_the_next_login_revokes_the_oldest() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    app.pass(Duration::from_secs(1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..26 {
                    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
                }
            });
        }
    });
    app.pass(Duration::from_secs(1));
    let last = log_in(&app, "user", "amina@example.com");
    let live = listed(&app, last.text_at("access"));
    assert_eq!((live.len(), &live[0]), (100, &sid(&last)));
    assert_problem(&app.get_as(first.text_at("access"), "/api/me"), 401, "token_not_valid", "the oldest");
    let ended = app.get_as(last.text_at("access"), "/api/me/sessions?status=ended");
    let ended = ended.json.as_array().unwrap();
    assert_eq!(ended.len(), 6, "one registration and 105 logins");
    assert!(ended.iter().all(|session| session["end_reason"] == "too_many_sessions"), "{ended:?}");
}

#[test]
fn at_most_a_hundred_sessions_are_listed_even_if_there_are_more() {
    let app = TestApp::start();
    let first = register(&app, "user", "amina@example.com");
    let own = sid(&first);
    let more = format!(
        "INSERT INTO sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at, ended_at, end_reason) \
         SELECT gen_random_uuid(), profile_id, current_token, opened_at, used_at, expires_at, ends_at, \
         CASE WHEN number > 300 THEN opened_at END, CASE WHEN number > 300 THEN 'logged_out' END \
         FROM sessions, generate_series(1, 600) AS number WHERE id = '{own}'"
    );
    assert_eq!(app.database.execute(&more), Ok(600));
    let token = first.text_at("access");
    let live = listed(&app, token);
    assert_eq!(live.len(), 100);
    assert!(live.contains(&own), "the caller's session is always listed");
    let ended = app.get_as(token, "/api/me/sessions?status=ended");
    assert_eq!(ended.json.as_array().unwrap().len(), 100);
    let another = live.iter().find(|id| **id != own).unwrap();
    assert_eq!(delete_as(&app, token, &format!("/api/me/sessions/{another}")).status, 204);
    let left = "SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL";
    assert_eq!(app.database.number(left), 300, "only one session is revoked");
    for _ in 0..2 {
        assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
        assert_eq!(app.database.number(left), 100);
    }
    let kept = "SELECT count(*) AS n FROM sessions WHERE ended_at IS NOT NULL";
    assert_eq!(
        app.database.number(kept),
        101,
        "old ended sessions are deleted, except the one of this login"
    );
}
