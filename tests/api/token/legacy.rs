//! `POST /api/token/refresh` and `/blacklist` with refresh tokens of the legacy Django backend.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_tests::{Client, Response, TestApp, TestDatabase, samples};
use ureq::http::Method;

use crate::support::{assert_problem, log_in, opened, register, signed_with, with, without};

/// Starts a server that accepts the legacy backend's tokens.
fn start() -> TestApp {
    on(TestDatabase::new())
}

fn on(database: impl Into<Arc<TestDatabase>>) -> TestApp {
    TestApp::start_with(database, |options| options.legacy_jwt_secret_file = Some("given".into()))
}

/// Returns the claims that simplejwt wrote into a refresh token an hour ago.
fn claims(app: &TestApp, registered: &Response, jti: &str) -> Value {
    let (_, own) = opened(registered.text_at("refresh"));
    let issued_at = unix_time(app) - 3600;
    json!({
        "token_type": "refresh", "exp": issued_at + 86_400, "iat": issued_at, "jti": jti,
        "user_id": own["user_id"], "isPatient": true,
    })
}

fn sign(claims: &Value) -> String {
    signed_with(&Header::new(Algorithm::HS256), claims, TestApp::LEGACY_JWT_SECRET)
}

/// Returns an account of `role` and a legacy token of its owner.
fn moved(app: &TestApp, role: &str) -> (Response, String) {
    let registered = register(app, role, "amina@example.com");
    let token = sign(&claims(app, &registered, "0123456789abcdef0123456789abcdef"));
    (registered, token)
}

fn refresh(client: &Client, token: &str) -> Response {
    client.post("/api/token/refresh", &json!({ "refresh": token }))
}

fn send_as(app: &TestApp, method: Method, who: &Response, path: &str, body: &Value) -> Response {
    let request = app
        .request(method, path)
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {}", who.text_at("access")));
    app.send(request.body(body.to_string()).unwrap())
}

fn unix_time(app: &TestApp) -> i64 {
    app.clock.now().timestamp()
}

fn assert_dead(client: &Client, token: &str, case: &str) {
    assert_problem(&refresh(client, token), 401, "token_not_valid", case);
}

#[test]
fn the_owner_of_a_legacy_token_continues_without_a_login() {
    let app = start();
    let (registered, token) = moved(&app, "user");
    let answer = refresh(&app, &token);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let me = app.get_as(answer.text_at("access"), "/api/me");
    assert_eq!((me.status, me.text_at("id")), (200, registered.text_at("id")), "{}", me.text);
    let next = refresh(&app, answer.text_at("refresh"));
    assert_eq!(next.status, 200, "{}", next.text);

    let (_, claims) = opened(next.text_at("refresh"));
    let sessions = app.get_as(next.text_at("access"), "/api/me/sessions");
    let session = sessions.json.as_array().unwrap().iter().find(|session| session["current"] == true);
    assert_eq!(session.unwrap()["id"], claims["sid"], "{}", sessions.text);
    assert_eq!(claims["isPatient"], true);
}

#[test]
fn a_pending_account_reads_its_own_data_and_sees_its_approval() {
    let app = start();
    let (_, token) = moved(&app, "doctor");
    let answer = refresh(&app, &token);
    assert_eq!(opened(answer.text_at("access")).1["is_approved"], false);
    assert_eq!(app.get_as(answer.text_at("access"), "/api/me").status, 200);
    app.approve(Role::Doctor, "amina@example.com");
    let answer = refresh(&app, answer.text_at("refresh"));
    assert_eq!(opened(answer.text_at("access")).1["is_approved"], true);
}

#[test]
fn a_legacy_token_is_exchanged_once() {
    let app = start();
    let (_, token) = moved(&app, "user");
    let first = refresh(&app, &token);
    app.pass(Duration::from_secs(9));
    let again = refresh(&app, &token);
    assert_eq!(again.text_at("refresh"), first.text_at("refresh"), "a lost response is repeated");
    app.pass(Duration::from_secs(1));
    assert_dead(&app, &token, "a later repetition is theft");
    assert_dead(&app, first.text_at("refresh"), "the session is revoked");
    assert_dead(&app, &token, "it stays revoked");
}

#[test]
fn simultaneous_exchanges_on_two_instances_create_one_session() {
    let one = start();
    let other = on(one.database.clone());
    let (_, token) = moved(&one, "user");
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..20)
            .map(|number| {
                let (client, token) = (if number % 2 == 0 { &one } else { &other }, &token);
                scope.spawn(move || refresh(client, token))
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.text_at("refresh"), answers[0].text_at("refresh"));
    }
    assert_eq!(
        one.database.number("SELECT count(*) AS n FROM sessions"),
        2,
        "the session of the registration and the new one"
    );
}

#[test]
fn a_logout_with_a_legacy_token_makes_it_invalid() {
    let app = start();
    let (_, token) = moved(&app, "user");
    let answer = app.post("/api/token/blacklist", &json!({ "refresh": token }));
    assert_eq!((answer.status, &answer.json), (200, &json!({})), "{}", answer.text);
    assert_dead(&app, &token, "logged out");
}

#[test]
fn revoking_all_sessions_makes_earlier_legacy_tokens_invalid() {
    type End = fn(&TestApp, &Response);
    let ends: [(&str, &str, End); 3] = [
        ("a new password", "user", |app, registered| {
            let body = json!({ "current_password": samples::PASSWORD, "new_password": "un autre secret" });
            let answer = send_as(app, Method::POST, registered, "/api/me/password", &body);
            assert_eq!(answer.status, 204, "{}", answer.text);
        }),
        ("ending all others", "user", |app, registered| {
            let answer = send_as(app, Method::DELETE, registered, "/api/me/sessions", &json!({}));
            assert_eq!(answer.status, 204, "{}", answer.text);
        }),
        ("a rejection", "doctor", |app, _| app.reject(Role::Doctor, "amina@example.com")),
    ];
    for (case, role, end) in ends {
        let app = start();
        let (registered, token) = moved(&app, role);
        end(&app, &registered);
        assert_dead(&app, &token, case);
    }
    let app = start();
    let (registered, _) = moved(&app, "user");
    send_as(&app, Method::DELETE, &registered, "/api/me/sessions", &json!({}));
    let later = with(claims(&app, &registered, &"a".repeat(32)), "iat", unix_time(&app) + 1);
    app.pass(Duration::from_secs(2));
    assert_eq!(refresh(&app, &sign(&later)).status, 200, "a legacy token that was issued later");
}

#[test]
fn a_newer_legacy_token_of_a_rejected_account_is_refused() {
    let app = start();
    let (registered, _) = moved(&app, "doctor");
    app.reject(Role::Doctor, "amina@example.com");
    let younger = with(claims(&app, &registered, &"a".repeat(32)), "iat", unix_time(&app) + 1);
    app.pass(Duration::from_secs(2));
    assert_dead(&app, &sign(&younger), "rejected");
}

#[test]
fn legacy_tokens_of_a_suspended_account_are_refused() {
    let app = start();
    let (registered, token) = moved(&app, "user");
    app.suspend("amina@example.com");
    assert_dead(&app, &token, "issued before the suspension");
    let younger = with(claims(&app, &registered, &"a".repeat(32)), "iat", unix_time(&app) + 1);
    app.pass(Duration::from_secs(2));
    assert_dead(&app, &sign(&younger), "issued after the suspension");
}

#[test]
fn other_tokens_of_the_legacy_secret_are_refused() {
    let app = start();
    let registered = register(&app, "user", "amina@example.com");
    let good = claims(&app, &registered, &"0".repeat(32));
    let now = unix_time(&app);
    let day = 86_400;
    let attacks = [
        ("expired this second", with(good.clone(), "exp", now)),
        (
            "a day old, whatever it says of its expiry",
            with(with(good.clone(), "iat", now - day), "exp", now + day),
        ),
        ("from the future", with(good.clone(), "iat", now + 1)),
        ("no expiry", without(good.clone(), "exp")),
        ("a huge expiry", with(good.clone(), "exp", i64::MAX)),
        ("no date", without(good.clone(), "iat")),
        ("an access token", with(good.clone(), "token_type", "access")),
        ("a sliding token", with(good.clone(), "token_type", "sliding")),
        ("no name", without(good.clone(), "jti")),
        ("a name of another kind", with(good.clone(), "jti", "'; DROP TABLE sessions; --")),
        ("a role's number instead of the profile's id", with(good.clone(), "user_id", 7)),
        (
            "an account that is not here",
            with(good.clone(), "user_id", "00000000-0000-7000-8000-000000000000"),
        ),
        ("a session named", with(good.clone(), "sid", "00000000-0000-7000-8000-000000000000")),
    ];
    for (attack, claims) in attacks {
        assert_dead(&app, &sign(&claims), attack);
    }
    let unsigned = sign(&good).rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_dead(&app, &unsigned, "no signature");
    let hs512 = signed_with(&Header::new(Algorithm::HS512), &good, TestApp::LEGACY_JWT_SECRET);
    assert_dead(&app, &hs512, "another algorithm");
    let guessed = signed_with(&Header::new(Algorithm::HS256), &good, b"django-insecure-another backend's");
    assert_dead(&app, &guessed, "another secret");

    let token = sign(&good);
    assert_eq!(app.get_as(&token, "/api/me").status, 401, "it does not authenticate requests");
    let verified = app.post("/api/token/verify", &json!({ "token": token }));
    assert_problem(&verified, 401, "token_not_valid", "it is not one of our tokens");
    assert_eq!(refresh(&app, &token).status, 200, "the token that these were derived from");
}

#[test]
fn our_own_expired_token_is_not_a_legacy_token_even_with_the_same_secret() {
    let app = start();
    let (_, own) = opened(register(&app, "user", "amina@example.com").text_at("refresh"));
    app.pass(Duration::from_hours(24));
    assert_dead(&app, &sign(&with(own, "exp", unix_time(&app) + 60)), "it has a session id");
}

#[test]
fn legacy_tokens_are_refused_without_the_legacy_secret() {
    let app = TestApp::start();
    let (_, token) = moved(&app, "user");
    assert_dead(&app, &token, "refused unless the secret is set");
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}
