//! `GET /.well-known/jwks.json`: the public keys, and key rotations.

use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sihha_domain::clock::Clock;
use sihha_infra::jwt::{KeyAlgorithm, KeyStore, RELOAD_DELAY, TokenTyp};
use sihha_infra::system::SystemRandomness;
use sihha_tests::{Client, TestApp};
use ureq::http::Method;

use crate::support::{assert_problem, log_in, opened, private_key, register, without};

const PATH: &str = "/.well-known/jwks.json";

/// Returns the published `kid`s.
fn published(client: &Client) -> Vec<String> {
    let keys = client.get(PATH).json["keys"].clone();
    keys.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn folder(app: &TestApp) -> KeyStore {
    KeyStore::new(app.signing_keys().to_owned())
}

fn generate(app: &TestApp, algorithm: KeyAlgorithm) -> String {
    let after = Some(TimeDelta::minutes(10) - RELOAD_DELAY);
    let key = folder(app).generate(algorithm, after, app.clock.now(), &SystemRandomness).unwrap();
    app.keys.reload().unwrap();
    key.id
}

fn retire(app: &TestApp, kid: &str) {
    folder(app).retire(kid, app.clock.now()).unwrap();
    app.keys.reload().unwrap();
}

#[test]
fn the_set_is_empty_while_a_secret_signs_and_may_be_cached() {
    for app in [TestApp::start(), TestApp::start_with_keys(KeyAlgorithm::Hs256, |_| {})] {
        for path in [PATH, "/.well-known/jwks.json/"] {
            let answer = app.get(path);
            assert_eq!((answer.status, &answer.json), (200, &json!({ "keys": [] })), "{}", answer.text);
            assert_eq!(answer.header("Content-Type"), "application/json");
            assert_eq!(answer.header("Cache-Control"), "public, max-age=300");
        }
        let head = app.send(app.request(Method::HEAD, PATH).body(()).unwrap());
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        let post = app.post(PATH, &json!({}));
        assert_problem(&post, 405, "method_not_allowed", "POST");
    }
}

#[test]
fn the_set_has_only_the_public_half_of_each_key() {
    for (algorithm, kty, crv, members) in [
        (KeyAlgorithm::EdDsa, "OKP", "Ed25519", ["kty", "crv", "x", "kid", "alg", "use"].as_slice()),
        (KeyAlgorithm::Es256, "EC", "P-256", &["kty", "crv", "x", "y", "kid", "alg", "use"]),
    ] {
        let app = TestApp::start_with_keys(algorithm, |_| {});
        let set = app.get(PATH).json;
        let [key] = set["keys"].as_array().unwrap().as_slice() else { panic!("{set}") };
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        let mut wanted = members.to_vec();
        names.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!(kty), &json!(crv), &json!("sig")));
        assert_eq!(key["alg"], algorithm.as_str());

        let registered = register(&app, "user", "amina@example.com");
        for (kind, typ) in [("access", "JWT"), ("refresh", "rt+jwt")] {
            let header = opened(registered.text_at(kind)).0;
            assert_eq!(header, json!({ "alg": key["alg"], "typ": typ, "kid": key["kid"] }));
        }
    }
}

#[test]
fn a_rotation_does_not_affect_sessions() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |_| {});
    let [first] = &published(&app)[..] else { panic!("one key") };
    let kid = |token: &str| opened(token).0["kid"].clone();
    let before = register(&app, "user", "amina@example.com");

    let second = generate(&app, KeyAlgorithm::Es256);
    assert_eq!(published(&app), [second.clone(), first.clone()], "a key is published before it signs");
    let meanwhile = log_in(&app, "user", "amina@example.com");
    assert_eq!(kid(meanwhile.text_at("access")), json!(first));

    app.pass(Duration::from_mins(10));
    retire(&app, first);
    let refreshed = app.post("/api/token/refresh", &json!({ "refresh": before.text_at("refresh") }));
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    assert_eq!(kid(refreshed.text_at("refresh")), json!(second));
    assert_eq!(app.get_as(refreshed.text_at("access"), "/api/me").status, 200);

    app.pass(Duration::from_hours(23));
    let late = app.post("/api/token/refresh", &json!({ "refresh": meanwhile.text_at("refresh") }));
    assert_eq!(late.status, 200, "the last day of the old key: {}", late.text);
    assert_eq!(published(&app), [second.clone(), first.clone()]);
    app.pass(Duration::from_hours(2));
    assert_eq!(published(&app), [second]);
    let dead = app.post("/api/token/verify", &json!({ "token": before.text_at("refresh") }));
    assert_problem(&dead, 401, "token_not_valid", "the retired key has expired");
}

#[test]
fn sessions_that_the_secret_signed_continue_after_a_change_to_keys() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |_| {});
    let registered = register(&app, "user", "amina@example.com");
    // The token as the service signed it before it had a key folder.
    let before = crate::support::signed(&opened(registered.text_at("refresh")).1);
    let answer = app.post("/api/token/refresh", &json!({ "refresh": before }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(opened(answer.text_at("refresh")).0["alg"], "EdDSA");
}

#[test]
fn a_refresh_token_of_an_earlier_release_still_refreshes() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |_| {});
    let registered = register(&app, "user", "amina@example.com");
    let (header, claims) = opened(registered.text_at("refresh"));
    let claims = without(without(claims, "sub"), "type");
    let before = Header { kid: header["kid"].as_str().map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
    let key = EncodingKey::from_ed_der(&private_key(&app));
    let token = jsonwebtoken::encode(&before, &claims, &key).unwrap();
    let answer = app.post("/api/token/refresh", &json!({ "refresh": token }));
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn access_tokens_of_rfc_9068_have_its_claims_and_are_accepted() {
    let app = TestApp::start_with_keys(KeyAlgorithm::Es256, |options| {
        options.access_token_typ = TokenTyp::Access;
    });
    let registered = register(&app, "user", "amina@example.com");
    let (header, claims) = opened(registered.text_at("access"));
    assert_eq!(header["typ"], "at+jwt");
    for (claim, wanted) in [("aud", "sihha"), ("client_id", "sihha"), ("sub", registered.text_at("id"))] {
        assert_eq!(claims[claim], wanted, "{claims}");
    }
    for claim in ["iss", "exp", "iat", "jti"] {
        assert!(!claims[claim].is_null(), "{claim}");
    }
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);
    let (header, claims) = opened(registered.text_at("refresh"));
    assert_eq!((&header["typ"], &claims["aud"]), (&json!("rt+jwt"), &Value::Null));
    let refreshed = app.post("/api/token/refresh", &json!({ "refresh": registered.text_at("refresh") }));
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
}

#[test]
fn access_tokens_have_the_configured_audience() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |options| {
        options.audience = ["appointments", "files"].map(str::to_owned).into();
    });
    let registered = register(&app, "user", "amina@example.com");
    let (access, refresh) = (opened(registered.text_at("access")).1, opened(registered.text_at("refresh")).1);
    assert_eq!((&access["aud"], &refresh["aud"]), (&json!(["appointments", "files"]), &Value::Null));
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);

    let one =
        TestApp::start_with_keys(KeyAlgorithm::EdDsa, |options| options.audience = vec!["files".to_owned()]);
    let registered = register(&one, "user", "amina@example.com");
    assert_eq!(opened(registered.text_at("access")).1["aud"], "files");
}
