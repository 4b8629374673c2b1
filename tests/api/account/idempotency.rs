//! Requests that are repeated with their `Idempotency-Key`.

use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Client, Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{
    ROLES, assert_fields, assert_problem, log_in, log_in_with, profile_path, register, with, without,
};

const NEW: &str = "كلمة سر جديدة";

fn post(client: &Client, path: &str, keys: &[&str], token: Option<&str>, body: &Value) -> Response {
    let mut request = client.request(Method::POST, path).header("Content-Type", "application/json");
    for key in keys {
        request = request.header("Idempotency-Key", *key);
    }
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    client.send(request.body(body.to_string()).unwrap())
}

fn register_with(app: &TestApp, key: &str, role: &str, body: &Value) -> Response {
    post(app, &format!("/api/{role}/register"), &[key], None, body)
}

fn change(app: &TestApp, key: &str, token: &str, current: &str, new: &str) -> Response {
    let body = json!({ "current_password": current, "new_password": new });
    post(app, "/api/me/password", &[key], Some(token), &body)
}

fn account(answer: &Response) -> Value {
    ["access", "refresh", "expires_in"].into_iter().fold(answer.json.clone(), without)
}

/// Sends the same request from several threads, again if another one locks the account for long.
/// Returns the responses.
fn simultaneously(request: impl Fn() -> Response + Sync) -> Vec<Response> {
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        let run = || {
            start.wait();
            std::iter::repeat_with(&request).find(|answer| answer.code() != "busy").unwrap()
        };
        let runners: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    })
}

#[test]
fn a_repeated_registration_gets_the_same_account_and_tokens_that_work() {
    let app = TestApp::start();
    for role in ROLES {
        let body = samples::registration(role, &format!("{role}@example.com"));
        let [first, second] = [(); 2].map(|()| register_with(&app, "a-key", role, &body));
        assert_eq!((first.status, second.status), (201, 201), "{role}: {}", second.text);
        assert_eq!(account(&second), account(&first), "{role}");
        for answer in [first, second] {
            let me = app.get_as(answer.text_at("access"), "/api/me");
            assert_eq!(me.json, account(&answer), "{role}");
            let refresh = json!({ "refresh": answer.text_at("refresh") });
            assert_eq!(app.post("/api/token/refresh", &refresh).status, 200, "{role}");
        }
    }
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 4);
}

#[test]
fn simultaneous_registrations_with_one_key_add_one_account_and_all_succeed() {
    let app = TestApp::start();
    let body = samples::doctor("doctor@example.com");
    let answers = simultaneously(|| register_with(&app, "a-key", "doctor", &body));
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(account(answer), account(&answers[0]));
    }
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 1);
}

#[test]
fn another_registration_with_the_same_key_is_refused() {
    let app = TestApp::start();
    for role in ROLES {
        let body = samples::registration(role, &format!("{role}@example.com"));
        assert_eq!(register_with(&app, "a-key", role, &body).status, 201, "{role}");
        for (member, value) in [("password", "another password"), ("carte_id", "OTHER"), ("note", "x")] {
            let other = with(body.clone(), &profile_path(role, member), value);
            let answer = register_with(&app, "a-key", role, &other);
            assert_problem(&answer, 422, "idempotency_key_reused", &format!("{role}: {member}"));
        }
        // The e-mail is the caller, in any spelling, and each caller has its own keys.
        let upper = with(body.clone(), &profile_path(role, "email"), format!("{role}@EXAMPLE.com"));
        assert_eq!(register_with(&app, "a-key", role, &upper).status, 422, "{role}");
        let other = samples::registration(role, &format!("{role}.2@example.com"));
        assert_eq!(register_with(&app, "a-key", role, &other).status, 201, "{role}");
    }
}

#[test]
fn a_registration_that_was_refused_may_be_corrected_with_the_same_key() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    let body = samples::doctor("doctor@example.com");
    let invalid = with(body.clone(), "specialite", "x");
    assert_eq!(register_with(&app, "a-key", "doctor", &invalid).status, 400);
    let taken = with(body.clone(), "profile.email", "amina@example.com");
    assert_problem(&register_with(&app, "a-key", "doctor", &taken), 409, "taken", "e-mail");
    assert_eq!(register_with(&app, "a-key", "doctor", &body).status, 201);
}

#[test]
fn a_malformed_key_is_refused_and_quotation_marks_may_be_left_out() {
    let app = TestApp::start();
    let body = samples::patient("amina@example.com");
    let long = "x".repeat(256);
    for keys in [&["", ""][..], &[""], &["a key"], &["clé"], &["\"a"], &["a\\b"], &[&long], &["a", "a"]] {
        let answer = post(&app, "/api/user/register", keys, None, &body);
        assert_problem(&answer, 400, "invalid_idempotency_key", &format!("{keys:?}"));
    }
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 0);
    let key = "x".repeat(255);
    assert_eq!(register_with(&app, &key, "user", &body).status, 201);
    assert_eq!(register_with(&app, &format!("\"{key}\""), "user", &body).status, 201);
}

#[test]
fn a_repetition_gets_no_tokens_where_a_login_would_not_or_the_password_was_changed() {
    let app = TestApp::start();
    let body = samples::doctor("doctor@example.com");
    let repeat = |case| {
        let answer = register_with(&app, "a-key", "doctor", &body);
        assert_problem(&answer, 409, "taken", case);
        assert_eq!(answer.field_paths(), ["profile.email"], "{case}");
    };
    let first = register_with(&app, "a-key", "doctor", &body);
    app.approve(Role::Doctor, "doctor@example.com");
    assert_eq!(register_with(&app, "a-key", "doctor", &body).json["is_approved"], true);
    let changed = change(&app, "b", first.text_at("access"), samples::PASSWORD, NEW);
    assert_eq!(changed.status, 204, "{}", changed.text);
    repeat("another password");
    app.suspend("doctor@example.com");
    repeat("suspended");
    app.reinstate("doctor@example.com");
    app.reject(Role::Doctor, "doctor@example.com");
    repeat("rejected");
}

#[test]
fn the_key_of_a_deleted_account_registers_again() {
    let app = TestApp::start();
    let body = samples::patient("amina@example.com");
    let first = register_with(&app, "a-key", "user", &body);
    // The statements of docs/operations.md.
    app.database.execute("DELETE FROM identifiers").unwrap();
    app.database.execute("DELETE FROM profiles").unwrap();
    assert_eq!(app.database.number("SELECT count(*) AS n FROM idempotency_records"), 0);
    let second = register_with(&app, "a-key", "user", &body);
    assert_eq!(second.status, 201, "{}", second.text);
    assert_ne!(second.json["id"], first.json["id"]);
}

#[test]
fn a_repeated_password_change_succeeds_and_logs_nobody_out() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let first = change(&app, "a-key", token, samples::PASSWORD, NEW);
    assert_eq!((first.status, first.text.as_str()), (204, ""));
    let login = log_in_with(&app, "user", "amina@example.com", NEW);
    let second = change(&app, "a-key", token, samples::PASSWORD, NEW);
    assert_eq!((second.status, second.text.as_str()), (204, ""));
    assert_eq!(app.get_as(login.text_at("access"), "/api/me").status, 200);
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 401);
}

#[test]
fn simultaneous_password_changes_with_one_key_all_succeed() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let answers = simultaneously(|| change(&app, "a-key", token, samples::PASSWORD, NEW));
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [204; 4]);
}

#[test]
fn another_password_change_with_the_same_key_is_refused() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let wrong = change(&app, "a-key", token, "a wrong one", NEW);
    assert_fields(&wrong, &[("current_password", "wrong")], "not recorded");
    assert_eq!(change(&app, "a-key", token, samples::PASSWORD, NEW).status, 204);
    let other = change(&app, "a-key", token, NEW, "the third password");
    assert_problem(&other, 422, "idempotency_key_reused", "another password");
    assert_problem(&change(&app, "a key", token, NEW, NEW), 400, "invalid_idempotency_key", "malformed");
    assert_eq!(change(&app, "another-key", token, NEW, "the third password").status, 204);
}

#[test]
fn a_request_is_recorded_for_a_day_without_its_key_password_and_tokens() {
    let app = TestApp::start();
    let body = samples::patient("amina@example.com");
    let registered = register_with(&app, "a-key", "user", &body);
    assert_eq!(change(&app, "a-key", registered.text_at("access"), samples::PASSWORD, NEW).status, 204);
    // The digest of a content without a password is the same for all passwords.
    let changes = "SELECT count(DISTINCT content_digest) AS n FROM idempotency_records \
        WHERE operation = 'change_password'";
    let other = register(&app, "user", "samir@example.com");
    assert_eq!(
        change(&app, "b", other.text_at("access"), samples::PASSWORD, "couscous du dimanche").status,
        204
    );
    assert_eq!(app.database.number(changes), 1);
    let texts = "SELECT count(*) AS n FROM idempotency_records WHERE octet_length(key_digest) = 32 \
        AND octet_length(content_digest) = 32";
    assert_eq!(app.database.number(texts), 3);

    app.pass(Duration::from_secs(24 * 60 * 60 + 1));
    assert_problem(&register_with(&app, "a-key", "user", &body), 409, "taken", "a day later");
}
