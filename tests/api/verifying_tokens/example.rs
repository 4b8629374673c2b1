//! `docs/examples/verify_token.py`, the example of a consumer in another language.

use std::path::Path;
use std::process::Command;

use chrono::TimeDelta;
use serde_json::json;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_infra::jwt::{KeyAlgorithm, KeyStore, RELOAD_DELAY};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_tests::{TestApp, python};

use super::consumer::{Consumer, app_of_today, jwks_url};
use crate::support::{log_in, opened, register, signed};

/// Starts the example.
fn example(app: &TestApp, audience: Option<&str>) -> Consumer {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/verify_token.py");
    Consumer::start(Command::new(python()).arg(example).arg(jwks_url(app)).arg("sihha").args(audience))
}

#[track_caller]
fn refuses(consumer: &mut Consumer, token: &str, error: &str) {
    assert_eq!(consumer.verify(token), json!({ "refused": error }));
}

#[test]
fn the_example_accepts_valid_tokens_and_refuses_others() {
    for algorithm in [KeyAlgorithm::EdDsa, KeyAlgorithm::Es256] {
        let app = app_of_today(algorithm, |_| {});
        let mut consumer = example(&app, None);
        let patient = register(&app, "user", "amina@example.com");
        let wanted = json!({ "user_id": patient.json["id"], "role": "user", "may_prescribe": false });
        assert_eq!(consumer.verify(patient.text_at("access")), wanted);

        let waiting = register(&app, "doctor", "yacine@example.com");
        assert_eq!(consumer.verify(waiting.text_at("access"))["may_prescribe"], false);
        app.approve(Role::Doctor, "yacine@example.com");
        let doctor = log_in(&app, "doctor", "yacine@example.com");
        assert_eq!(consumer.verify(doctor.text_at("access"))["may_prescribe"], true);

        refuses(&mut consumer, patient.text_at("refresh"), "InvalidTokenError");
        refuses(&mut consumer, "garbage", "DecodeError");
        let token = patient.text_at("access");
        let (head, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        refuses(&mut consumer, &format!("{head}.{first}{}", &signature[1..]), "InvalidSignatureError");
        let secret = signed(&opened(token).1);
        assert!(consumer.verify(&secret)["refused"].is_string(), "signed with the secret");
        let stranger = TestApp::start_with_keys(algorithm, |_| {});
        let strangers = register(&stranger, "user", "amina@example.com");
        refuses(&mut consumer, strangers.text_at("access"), "PyJWKClientError");

        app.clock.advance(TimeDelta::minutes(-6));
        let old = log_in(&app, "user", "amina@example.com");
        refuses(&mut consumer, old.text_at("access"), "ExpiredSignatureError");
    }
}

#[test]
fn the_example_requires_its_issuer_and_audience() {
    let app = app_of_today(KeyAlgorithm::EdDsa, |options| {
        options.audience = ["appointments", "files"].map(str::to_owned).into();
    });
    let token = register(&app, "user", "amina@example.com").text_at("access").to_owned();
    assert_eq!(example(&app, Some("files")).verify(&token)["role"], "user");
    refuses(&mut example(&app, Some("billing")), &token, "InvalidAudienceError");

    let other = app_of_today(KeyAlgorithm::EdDsa, |options| "other".clone_into(&mut options.jwt_issuer));
    let token = register(&other, "user", "amina@example.com").text_at("access").to_owned();
    refuses(&mut example(&other, None), &token, "InvalidIssuerError");
}

#[test]
fn the_example_works_through_a_rotation() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |options| {
        options.lifetimes.access_lifetime = TimeDelta::hours(1);
    });
    let after = TimeDelta::minutes(10);
    app.clock.advance(SystemClock.now() - RELOAD_DELAY - after - app.clock.now());
    let before = register(&app, "user", "amina@example.com");
    let folder = KeyStore::new(app.signing_keys().to_owned());
    let first = opened(before.text_at("access")).0["kid"].clone();
    let second =
        folder.generate(KeyAlgorithm::Es256, Some(after), app.clock.now(), &SystemRandomness).unwrap().id;
    app.keys.reload().unwrap();
    // The consumer caches these keys. The new key is one of them, and does not sign yet.
    let mut consumer = example(&app, None);
    assert_eq!(consumer.verify(before.text_at("access"))["role"], "user");

    app.clock.advance(RELOAD_DELAY + after);
    folder.retire(first.as_str().unwrap(), app.clock.now()).unwrap();
    app.keys.reload().unwrap();
    let after = log_in(&app, "user", "amina@example.com");
    assert_eq!(opened(after.text_at("access")).0["kid"], json!(second));
    for mut consumer in [consumer, example(&app, None)] {
        for token in [after.text_at("access"), before.text_at("access")] {
            let answer = consumer.verify(token);
            assert_eq!(answer["role"], "user", "{answer}");
        }
    }
}
