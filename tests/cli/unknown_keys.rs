//! Warnings about missing keys of live sessions.

use nix::sys::signal::Signal;
use serde_json::Value;
use sihha_tests::{TestDatabase, samples};
use ureq::http::Method;

use crate::keys::sign_from;
use crate::process::{Finished, Service, Sihha};

const OTHER_SECRET: &str = "another secret of the tests, as long";

/// Adds a key to the key store. Returns its `kid`.
fn generate(sihha: &Sihha) -> String {
    let said = sihha.run(["keys", "generate", "--delay", "0s"]).succeeded();
    said.split_whitespace().nth(2).unwrap().trim_end_matches(',').to_owned()
}

fn with_key_store(sihha: Sihha) -> Sihha {
    let folder = sihha.path().join("keys");
    sihha.with("SIHHA_SIGNING_KEYS", folder)
}

/// Returns the warnings of a start about keys.
fn warnings(finished: &Finished) -> Vec<Value> {
    let lines = finished.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["keys"].is_string()).collect()
}

/// Starts and stops the service. Returns the missing keys.
fn missing(sihha: &Sihha) -> Vec<String> {
    let warnings = warnings(&sihha.serve().stop(Signal::SIGTERM));
    warnings.iter().map(|line| line["keys"].as_str().unwrap().to_owned()).collect()
}

fn register(service: &Service, email: &str) -> String {
    let registered = service.post("/api/user/register", &samples::patient(email));
    assert_eq!(registered.status, 201, "{}", registered.text);
    registered.text_at("access").to_owned()
}

fn log_in(service: &Service, email: &str) -> String {
    service.post("/api/user/login", &samples::login(email)).text_at("access").to_owned()
}

#[test]
fn a_start_without_the_keys_of_live_sessions_warns_once_and_names_the_remedy() {
    let plain = Sihha::made();
    assert_eq!(missing(&plain), Vec::<String>::new());
    let sihha = with_key_store(plain);
    let kid = generate(&sihha);
    let service = sihha.serve();
    let token = register(&service, "amina@example.com");
    let stopped = service.stop(Signal::SIGTERM);
    assert!(warnings(&stopped).is_empty(), "{stopped:?}");

    // For example after `make run` without the option.
    let plain = sihha.without("SIHHA_SIGNING_KEYS");
    let service = plain.serve();
    assert_eq!(service.get_as(&token, "/api/me").status, 401);
    let stopped = service.stop(Signal::SIGTERM);
    let [warning] = &warnings(&stopped)[..] else { panic!("{stopped:?}") };
    assert_eq!((&warning["level"], &warning["keys"]), (&"WARN".into(), &kid.into()));
    assert!(warning["until"].as_str().unwrap().ends_with('Z'), "{warning}");
    assert!(warning["message"].as_str().unwrap().contains("--signing-keys"), "{warning}");

    let sihha = with_key_store(plain);
    let service = sihha.serve();
    assert_eq!(service.get_as(&token, "/api/me").status, 200);
    assert!(warnings(&service.stop(Signal::SIGTERM)).is_empty());
}

#[test]
fn sessions_without_tokens_of_a_missing_key_cause_no_warning() {
    let database = TestDatabase::new();
    let plain = Sihha::on(&database);
    let service = plain.serve();
    register(&service, "before@example.com");
    service.stop(Signal::SIGTERM).succeeded();

    let sihha = with_key_store(plain);
    let kid = generate(&sihha);
    assert_eq!(missing(&sihha), Vec::<String>::new());
    let service = sihha.serve();
    register(&service, "amina@example.com");
    service.stop(Signal::SIGTERM).succeeded();

    let plain = sihha.without("SIHHA_SIGNING_KEYS");
    let service = plain.serve();
    let token = log_in(&service, "amina@example.com");
    assert_eq!(warnings(&service.stop(Signal::SIGTERM)).len(), 1);

    // Revokes the session of the key. The secret signed for the others.
    let service = plain.serve();
    let revoke = service.request(Method::DELETE, "/api/me/sessions");
    let revoke = revoke.header("Authorization", format!("Bearer {token}")).body(()).unwrap();
    assert_eq!(service.send(revoke).status, 204);
    let stopped = service.stop(Signal::SIGTERM);
    assert!(stopped.stderr.contains(&kid), "{stopped:?}");
    assert_eq!(missing(&plain), Vec::<String>::new());
}

#[test]
fn the_key_of_a_killed_service_is_recorded() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database));
    let kid = generate(&sihha);
    let service = sihha.serve();
    register(&service, "amina@example.com");
    service.stop(Signal::SIGKILL);
    assert_eq!(missing(&sihha.without("SIHHA_SIGNING_KEYS")), [kid]);
}

#[test]
fn another_or_no_secret_causes_a_warning() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    register(&service, "amina@example.com");
    service.stop(Signal::SIGTERM).succeeded();

    let other = sihha.with("SIHHA_JWT_SECRET", OTHER_SECRET);
    let [secret] = &missing(&other)[..] else { panic!("no warning") };
    assert!(secret.starts_with("secret:"), "{secret}");
    let none = with_key_store(other.without("SIHHA_JWT_SECRET"));
    generate(&none);
    assert_eq!(&missing(&none), std::slice::from_ref(secret));
}

#[test]
fn a_retired_key_is_known_until_it_is_removed() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database).without("SIHHA_JWT_SECRET"));
    let first = generate(&sihha);
    let service = sihha.serve();
    register(&service, "amina@example.com");
    service.stop(Signal::SIGTERM).succeeded();

    let second = generate(&sihha);
    sign_from(&sihha, &first, 2020);
    sign_from(&sihha, &second, 2021);
    sihha.run(["keys", "retire", &first]).succeeded();
    assert_eq!(missing(&sihha), Vec::<String>::new());
    std::fs::remove_file(sihha.path().join(format!("keys/{first}.pem"))).unwrap();
    assert_eq!(missing(&sihha), [first]);
}
