//! No secret is in a log, or in a response other than the one that issues it. The service runs at the
//! level `trace` through every operation of the document, with success and with failure.

mod accounts;
mod hostile;
mod staff;
mod visitor;

use std::fs;

use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::TestDatabase;
use sihha_tests::evidence::Evidence;

use self::visitor::Visitor;
use crate::process::{Finished, JWT_SECRET, Sihha};

const SECRET_KEY: &str = "5ec4e700112233445566778899aabbccddeeff00112233445566778899aabbcc";
const LEGACY_SECRET: &str = "the-legacy-secret-of-the-django-backend-Wq7";
const SMTP_PASSWORD: &str = "smtp password of the operator Wq7";

/// Returns the binary with every secret that an operator can give, except for that of SMTP.
fn sihha(database: &TestDatabase) -> Sihha {
    let sihha = Sihha::on(database)
        .with("SIHHA_LOG", "trace")
        .with("SIHHA_LOG_FORMAT", "json")
        .with("SIHHA_SECRET_KEY", SECRET_KEY)
        .with("SIHHA_LEGACY_JWT_SECRET", LEGACY_SECRET)
        .with("SIHHA_MAIL_FOLDER", "mail");
    let keys = sihha.path().join("keys");
    sihha.with("SIHHA_SIGNING_KEYS", keys)
}

/// Adds the secrets of the operator.
fn add_keys(sihha: &Sihha, evidence: &mut Evidence) {
    for (what, secret) in [
        ("the JWT secret", JWT_SECRET),
        ("the secret key", SECRET_KEY),
        ("the legacy JWT secret", LEGACY_SECRET),
        ("the password for SMTP", SMTP_PASSWORD),
    ] {
        evidence.add_secret(what, secret);
    }
    for file in fs::read_dir(sihha.path().join("keys")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| line.len() > 40 && !line.contains([':', '-'])) {
            evidence.add_secret("a signing key", line);
        }
    }
}

/// Adds what a command that succeeded printed and logged.
fn add_output(evidence: &mut Evidence, place: &str, finished: Finished) {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("log lines dropped"), "{place}: the log is not complete");
    evidence.add_output(place, &finished.stdout);
    evidence.add_log(place, finished.stderr);
}

/// Asserts that each operation has succeeded, and failed if the document says that it can.
fn assert_complete(visitor: &Visitor) {
    let document = visitor.document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            let statuses = visitor.statuses(&name);
            assert!(statuses.iter().any(|status| *status < 300), "{name} never succeeded: {statuses:?}");
            let can_fail = operation["responses"].as_object().unwrap().keys().any(|it| it.starts_with('4'));
            let failed = statuses.iter().any(|status| (400..500).contains(status));
            assert!(failed || !can_fail, "{name} never failed: {statuses:?}");
        }
    }
}

/// Lets the limits refuse guesses and floods, and a server of mail be out of reach.
fn refuse(sihha: &Sihha, evidence: Evidence) -> Evidence {
    let service = sihha.serve_with([
        "--mail-limit",
        "10",
        "--smtp-url",
        "smtps://operator@127.0.0.1:1",
        "--mail-from",
        "no-reply@example.dz",
    ]);
    let visitor = Visitor::new(&service, evidence);
    let body = json!({ "email": "throttled@secrets.example.dz", "password": "a guess of the password Wq7" });
    let guesses: Vec<_> =
        (0..7).map(|_| visitor.call("POST /api/login", "", "", &body).code().to_owned()).collect();
    assert!(guesses.contains(&"too_many_attempts".to_owned()), "{guesses:?}");
    let forgot = json!({ "email": "throttled@secrets.example.dz" });
    let mails: Vec<_> = (0..30)
        .map(|_| visitor.call("POST /api/password/forgot", "", "", &forgot).code().to_owned())
        .collect();
    assert!(mails.contains(&"too_many_requests".to_owned()), "{mails:?}");
    visitor.register("user", "unreached");
    service.wait_for_log("mail not delivered");
    let mut evidence = visitor.into_evidence();
    add_output(&mut evidence, "the service with limits", service.stop(Signal::SIGTERM));
    evidence
}

#[test]
fn no_secret_is_logged_or_shown_except_where_it_is_issued() {
    let database = TestDatabase::new();
    let sihha = sihha(&database);
    let mut evidence = Evidence::default();
    for algorithm in ["es256", "eddsa"] {
        add_output(&mut evidence, "sihha keys", sihha.run(["keys", "generate", "--algorithm", algorithm]));
    }
    add_keys(&sihha, &mut evidence);
    let service = sihha.serve_with(["--throttle", "off"]);
    let visitor = Visitor::new(&service, evidence);
    let admin = staff::admin(&visitor, &sihha);
    accounts::visit(&visitor, &sihha, &database);
    staff::visit(&visitor, &admin);
    hostile::visit(&visitor, &admin);
    assert_complete(&visitor);
    let mut evidence = visitor.into_evidence();
    add_output(&mut evidence, "the service", service.stop(Signal::SIGTERM));
    for hash in hashes(&database) {
        evidence.add_secret("the hash of a password", &hash);
    }
    let evidence =
        refuse(&sihha.with("SIHHA_SMTP_PASSWORD", SMTP_PASSWORD).without("SIHHA_MAIL_FOLDER"), evidence);
    evidence.assert_sensitive();
    let findings = evidence.findings();
    println!("{}", evidence.summary());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Returns the hashes of all passwords.
fn hashes(database: &TestDatabase) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        hash: String,
    }
    let query = "SELECT hash FROM passwords UNION ALL SELECT password_hash FROM staff";
    let mut pg = PgConnection::establish(&database.url()).unwrap();
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut pg).unwrap();
    rows.into_iter().map(|row| row.hash).collect()
}
