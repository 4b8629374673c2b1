//! `docs/examples/verify_token.py`, the example of a consumer in another language.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chrono::TimeDelta;
use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_infra::jwt::{ACTIVATION_DELAY, KeyAlgorithm, KeyStore};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_tests::{TestApp, python};

use crate::support::{log_in, opened, register, signed};

/// The running example. Dropping the value kills it.
struct Consumer {
    child: Child,
    tokens: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Consumer {
    fn of(app: &TestApp, audience: Option<&str>) -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/verify_token.py");
        let mut child = Command::new(python())
            .arg(example)
            .arg(format!("http://{}/.well-known/jwks.json", app.address()))
            .arg("sihha")
            .args(audience)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tokens, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, tokens, answers: BufReader::new(answers) }
    }

    fn verify(&mut self, token: &str) -> Value {
        writeln!(self.tokens, "{token}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer in JSON")
    }

    #[track_caller]
    fn refuses(&mut self, token: &str, error: &str) {
        assert_eq!(self.verify(token), json!({ "refused": error }));
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server whose clock shows the same time as the consumer's.
fn app_of_today(algorithm: KeyAlgorithm, audience: &[&str]) -> TestApp {
    let audience = audience.iter().map(|name| (*name).to_owned()).collect();
    let app = TestApp::start_with_keys(algorithm, |options| options.audience = audience);
    app.clock.advance(SystemClock.now() - app.clock.now());
    app
}

#[test]
fn the_example_accepts_valid_tokens_and_refuses_others() {
    for algorithm in [KeyAlgorithm::EdDsa, KeyAlgorithm::Es256] {
        let app = app_of_today(algorithm, &[]);
        let mut consumer = Consumer::of(&app, None);
        let patient = register(&app, "user", "amina@example.com");
        let wanted = json!({ "user_id": patient.json["id"], "role": "user", "may_prescribe": false });
        assert_eq!(consumer.verify(patient.text_at("access")), wanted);

        let waiting = register(&app, "doctor", "yacine@example.com");
        assert_eq!(consumer.verify(waiting.text_at("access"))["may_prescribe"], false);
        app.approve(Role::Doctor, "yacine@example.com");
        let doctor = log_in(&app, "doctor", "yacine@example.com");
        assert_eq!(consumer.verify(doctor.text_at("access"))["may_prescribe"], true);

        consumer.refuses(patient.text_at("refresh"), "InvalidTokenError");
        consumer.refuses("garbage", "DecodeError");
        let token = patient.text_at("access");
        let (head, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        consumer.refuses(&format!("{head}.{first}{}", &signature[1..]), "InvalidSignatureError");
        let secret = signed(&opened(token).1);
        assert!(consumer.verify(&secret)["refused"].is_string(), "signed with the secret");
        let stranger = TestApp::start_with_keys(algorithm, |_| {});
        let strangers = register(&stranger, "user", "amina@example.com");
        consumer.refuses(strangers.text_at("access"), "PyJWKClientError");

        app.clock.advance(TimeDelta::minutes(-6));
        let old = log_in(&app, "user", "amina@example.com");
        consumer.refuses(old.text_at("access"), "ExpiredSignatureError");
    }
}

#[test]
fn the_example_requires_its_issuer_and_audience() {
    let app = app_of_today(KeyAlgorithm::EdDsa, &["appointments", "files"]);
    let token = register(&app, "user", "amina@example.com").text_at("access").to_owned();
    assert_eq!(Consumer::of(&app, Some("files")).verify(&token)["role"], "user");
    Consumer::of(&app, Some("billing")).refuses(&token, "InvalidAudienceError");

    let other =
        TestApp::start_with_keys(KeyAlgorithm::EdDsa, |options| "other".clone_into(&mut options.jwt_issuer));
    other.clock.advance(SystemClock.now() - other.clock.now());
    let token = register(&other, "user", "amina@example.com").text_at("access").to_owned();
    Consumer::of(&other, None).refuses(&token, "InvalidIssuerError");
}

#[test]
fn the_example_works_through_a_rotation() {
    let app = TestApp::start_with_keys(KeyAlgorithm::EdDsa, |options| {
        options.lifetimes.access_lifetime = TimeDelta::hours(1);
    });
    app.clock.advance(SystemClock.now() - ACTIVATION_DELAY - app.clock.now());
    let before = register(&app, "user", "amina@example.com");
    let folder = KeyStore::new(app.signing_keys().to_owned());
    let first = opened(before.text_at("access")).0["kid"].clone();
    let second = folder.generate(KeyAlgorithm::Es256, None, app.clock.now(), &SystemRandomness).unwrap().id;
    app.keys.reload().unwrap();
    // The consumer caches these keys. The new key is one of them, and does not sign yet.
    let mut consumer = Consumer::of(&app, None);
    assert_eq!(consumer.verify(before.text_at("access"))["role"], "user");

    app.clock.advance(ACTIVATION_DELAY);
    folder.retire(first.as_str().unwrap(), app.clock.now()).unwrap();
    app.keys.reload().unwrap();
    let after = log_in(&app, "user", "amina@example.com");
    assert_eq!(opened(after.text_at("access")).0["kid"], json!(second));
    for mut consumer in [consumer, Consumer::of(&app, None)] {
        for token in [after.text_at("access"), before.text_at("access")] {
            let answer = consumer.verify(token);
            assert_eq!(answer["role"], "user", "{answer}");
        }
    }
}
