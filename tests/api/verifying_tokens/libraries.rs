//! Libraries of the table in `docs/verifying-tokens.md`, used as it says (`tests/consumers`).

use std::path::Path;
use std::process::Command;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sihha_infra::jwt::{KeyAlgorithm, TokenTyp};
use sihha_tests::{TestApp, packages};

use super::consumer::{Consumer, app_of_today, jwks_url, tokens_to_refuse};
use crate::support::register;

fn consumer(library: &str, app: &TestApp) -> Consumer {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("consumers");
    let installed = packages("consumers", &scripts);
    let mut command = if ["jose", "jose_rfc9068", "jsonwebtoken"].contains(&library) {
        let mut node = Command::new(installed.join("bin/node"));
        // A script without a file imports the modules of the current directory.
        let script = std::fs::read_to_string(scripts.join("verify.mjs")).unwrap();
        node.current_dir(&installed).args(["--input-type=module", "--eval", &script]);
        node
    } else {
        let mut python = Command::new(installed.join("bin/python"));
        python.arg(scripts.join("verify.py"));
        python
    };
    Consumer::start(command.args([library, &jwks_url(app), "sihha"]))
}

/// Checks that a consumer accepts access tokens, and nothing else.
fn check(library: &str, algorithm: KeyAlgorithm, typ: TokenTyp) {
    let app = app_of_today(algorithm, |options| options.access_token_typ = typ);
    let mut consumer = consumer(library, &app);
    let registered = register(&app, "user", "amina@example.com");
    let access = registered.text_at("access");
    assert_eq!(consumer.verify(access), json!({ "sub": registered.json["id"] }), "{library}, {algorithm:?}");

    let stranger = app_of_today(algorithm, |options| options.access_token_typ = typ);
    for (case, token) in tokens_to_refuse(&app, &stranger, &registered, TimeDelta::minutes(6)) {
        let refused = consumer.verify(&token)["refused"].clone();
        assert!(matches!(refused, Value::String(_)), "{library}, {algorithm:?}: {case}: {refused}");
    }
}

#[test]
fn authlib_accepts_access_tokens_only() {
    check("authlib", KeyAlgorithm::Es256, TokenTyp::Jwt);
    check("authlib", KeyAlgorithm::EdDsa, TokenTyp::Jwt);
}

#[test]
fn the_validators_of_rfc_9068_accept_access_tokens_only() {
    check("authlib_rfc9068", KeyAlgorithm::Es256, TokenTyp::Access);
    check("jose_rfc9068", KeyAlgorithm::Es256, TokenTyp::Access);
}

#[test]
fn flask_jwt_extended_accepts_access_tokens_only() {
    check("flask_jwt_extended", KeyAlgorithm::Es256, TokenTyp::Jwt);
    check("flask_jwt_extended", KeyAlgorithm::EdDsa, TokenTyp::Jwt);
}

#[test]
fn jose_accepts_access_tokens_only() {
    check("jose", KeyAlgorithm::Es256, TokenTyp::Jwt);
    check("jose", KeyAlgorithm::EdDsa, TokenTyp::Jwt);
}

#[test]
fn joserfc_accepts_access_tokens_only() {
    check("joserfc", KeyAlgorithm::Es256, TokenTyp::Jwt);
    check("joserfc", KeyAlgorithm::EdDsa, TokenTyp::Jwt);
}

#[test]
fn jsonwebtoken_accepts_access_tokens_only() {
    check("jsonwebtoken", KeyAlgorithm::Es256, TokenTyp::Jwt);
}

#[test]
fn simplejwt_accepts_access_tokens_only() {
    check("simplejwt", KeyAlgorithm::Es256, TokenTyp::Jwt);
    check("simplejwt", KeyAlgorithm::EdDsa, TokenTyp::Jwt);
}
