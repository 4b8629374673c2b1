//! What the service writes to standard error.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sihha_tests::{TestDatabase, samples};
use ureq::http::Method;

use crate::process::Sihha;

pub(crate) fn json_lines(log: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    log.lines().map(parse).collect()
}

#[test]
fn lines_are_json_and_each_request_has_one_with_its_id() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_TRUSTED_PROXIES", "127.0.0.1");
    let service = sihha.serve();
    let given = service.request(Method::GET, "/api/specialites").header("X-Request-Id", "from-a-proxy.1");
    let answers = [
        ("/api/user/register", service.post("/api/user/register", &samples::patient("amina@example.com"))),
        ("/api/user/register", service.post("/api/user/register", &json!({}))),
        ("/api/user/login", service.post("/api/user/login", &samples::login("nobody@example.com"))),
        ("/api/me", service.get("/api/me")),
        ("unknown", service.get("/nowhere")),
        ("/api/specialites", service.send(given.body(()).unwrap())),
    ];
    let stopped = service.stop(Signal::SIGTERM);
    let lines = json_lines(&stopped.stderr);
    for line in &lines {
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(timestamp.ends_with('Z') && timestamp.len() == "2026-11-28T09:00:00.000Z".len(), "{line}");
        assert!(line["level"].is_string(), "{line}");
    }

    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), answers.len(), "{requests:?}");
    for ((route, answer), line) in answers.iter().zip(requests) {
        assert_eq!(line["request_id"], answer.header("X-Request-Id"), "{line}");
        assert_eq!(line["status"], answer.status, "{line}");
        assert!(line["route"].as_str().unwrap().contains(route), "{line}");
    }
    assert_eq!(answers[5].1.header("X-Request-Id"), "from-a-proxy.1");
    stopped.succeeded();
}

#[test]
fn a_line_stays_short_whatever_a_client_sends() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let endless = "A".repeat(20_000);
    let request = format!(
        "{endless} /api/me?{endless} HTTP/1.1\r\nHost: a\r\nUser-Agent: {endless}\r\nConnection: close\r\n\r\n"
    );
    let answer = service.send_bytes(request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    let answer = service.send_bytes(request.replace('A', "AAAA").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    let stopped = service.stop(Signal::SIGTERM);

    let lines = json_lines(&stopped.stderr);
    assert_eq!(lines.iter().filter(|line| line["message"] == "request").count(), 1, "{}", stopped.stderr);
    // A pipe takes this much in one piece, so lines of other processes do not get in between.
    assert!(stopped.stderr.lines().all(|line| line.len() < 4096), "{}", stopped.stderr);
}

#[test]
fn the_text_format_writes_lines_for_people() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_LOG_FORMAT", "text");
    let service = sihha.serve();
    assert_eq!(service.get("/api/me").status, 401);
    let stopped = service.stop(Signal::SIGTERM);
    assert!(stopped.stderr.contains("INFO"), "{}", stopped.stderr);
    assert!(!stopped.stderr.lines().any(|line| line.starts_with('{')), "{}", stopped.stderr);
    assert!(!stopped.stderr.contains('\u{1b}'), "no colours in a file: {}", stopped.stderr);
}

#[test]
fn lines_below_the_level_are_not_logged() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_LOG", "error");
    let service = sihha.serve();
    assert_eq!(service.get("/api/me").status, 401);
    assert_eq!(service.stop(Signal::SIGTERM).stderr, "");
}

#[test]
fn no_line_contains_a_password_a_token_or_a_hash() {
    const WRONG: &str = "un autre mot de passe";
    /// The secret of a link that no mail has.
    const LINK: &str = "76543210fedcba9876543210fedcba9876543210fedcba9876543210fedcba98";
    let sihha = Sihha::made().with("SIHHA_LOG", "debug");
    let service = sihha.serve();
    let patient = samples::patient("amina@example.com");
    let registered = service.post("/api/user/register", &patient);
    assert_eq!(registered.status, 201);
    let logged_in = service.post("/api/user/login", &samples::login("amina@example.com"));
    assert_eq!(logged_in.status, 200);
    assert_eq!(service.post("/api/labo/register", &samples::labo("labo@example.com")).status, 201);
    assert_eq!(service.post("/api/labo/login", &samples::login("labo@example.com")).status, 404);

    // Failures of every kind.
    assert_eq!(service.post("/api/user/register", &patient).status, 409);
    for (body, status) in [
        (json!({ "email": "amina@example.com", "password": WRONG }), 401),
        (json!({ "email": "nobody@example.com", "password": WRONG }), 401),
        (json!({ "email": "not an e-mail", "password": WRONG }), 400),
        (json!({ "email": WRONG, "password": [WRONG] }), 400),
        (json!([WRONG]), 400),
    ] {
        assert_eq!(service.post("/api/user/login", &body).status, status, "{body}");
    }
    assert_eq!(service.post_text("/api/user/login", &format!("{{\"password\": \"{WRONG}\"")).status, 400);
    let mut twice = samples::patient("second@example.com");
    twice["carte_id"] = patient["carte_id"].clone();
    twice["password"] = WRONG.into();
    assert_eq!(service.post("/api/user/register", &twice).status, 409);
    let mut broken = samples::patient("third@example.com");
    broken["password"] = "court 1".into();
    assert_eq!(service.post("/api/user/register", &broken).status, 400);

    let token = format!("{}.{LINK}", registered.text_at("id"));
    for page in ["/verify-email", "/reset-password", "/revert-email"] {
        assert_eq!(service.get(&format!("{page}?token={token}")).status, 400);
        let form = service.request(Method::POST, &format!("{page}?token={token}"));
        let form = form.header("Content-Type", "application/x-www-form-urlencoded");
        let form = form.body(format!("token={token}&password={WRONG}&repeat={WRONG}"));
        assert_eq!(service.send(form.unwrap()).status, 400);
    }

    let tokens =
        [&registered, &logged_in].map(|answer| [answer.text_at("access"), answer.text_at("refresh")]);
    let tokens = tokens.as_flattened();
    for token in tokens {
        assert!(token.len() > 20);
        let _ = service.get_as(token, "/api/me");
        assert_eq!(service.get_as(&token[..token.len() - 2], "/api/me").status, 401);
        assert_eq!(service.get(&format!("/api/{token}?access={token}")).status, 404);
    }
    let stopped = service.stop(Signal::SIGTERM);

    let postgres = fs::read_to_string(sihha.data_dir().join("postgres/postgres.log")).unwrap();
    for (log, name) in
        [(&stopped.stderr, "the service's"), (&stopped.stdout, "the output"), (&postgres, "Postgres's")]
    {
        for password in [samples::PASSWORD, "صحيح", WRONG, "court 1"] {
            assert!(!log.contains(password), "{name} log contains a password:\n{log}");
        }
        for part in tokens.iter().flat_map(|token| token.split('.').skip(1)) {
            assert!(!log.contains(part), "{name} log contains a token:\n{log}");
        }
        for part in ["$argon2", "amina@example.com", "aminaexamplecom", LINK] {
            assert!(!log.contains(part), "{name} log contains {part}:\n{log}");
        }
    }
    json_lines(&stopped.stderr);
    stopped.succeeded();
}
