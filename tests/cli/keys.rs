//! `sihha keys`, and a service that uses its key store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use sihha_tests::{Client, TestDatabase, samples};

use crate::process::{Sihha, eventually};

const GENERATE: [&str; 2] = ["keys", "generate"];

fn key_store(sihha: &Sihha) -> PathBuf {
    sihha.path().join("keys")
}

/// Sets a key store that does not exist yet.
fn with_key_store(sihha: Sihha) -> Sihha {
    let folder = key_store(&sihha);
    sihha.with("SIHHA_SIGNING_KEYS", folder)
}

/// Runs the command, and returns the `kid` of the new key.
fn generate<const N: usize>(sihha: &Sihha, command: [&str; N]) -> String {
    let said = sihha.run(command).succeeded();
    let words: Vec<_> = said.split_whitespace().collect();
    assert_eq!(words[0], "generated:", "{said}");
    words[2].trim_end_matches(',').to_owned()
}

/// Changes the time from which a key signs.
pub(crate) fn sign_from(sihha: &Sihha, kid: &str, year: u16) {
    let file = key_store(sihha).join(format!("{kid}.pem"));
    let content = fs::read_to_string(&file).unwrap();
    let (_, key) = content.split_once('\n').unwrap();
    fs::write(&file, format!("Signs-From: {year}-01-01T00:00:00Z\n{key}")).unwrap();
}

/// Returns the words of each row of the table.
fn list(sihha: &Sihha) -> Vec<Vec<String>> {
    let table = sihha.run(["keys", "list"]).succeeded();
    let rows = table.lines().skip(1);
    rows.map(|row| row.split_whitespace().map(str::to_owned).collect()).collect()
}

fn modes(folder: &Path) -> Vec<u32> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    entries.map(|entry| entry.permissions().mode() & 0o777).collect()
}

fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).unwrap().kid
}

fn token(client: &Client, email: &str) -> String {
    client.post("/api/user/register", &samples::patient(email)).text_at("access").to_owned()
}

#[test]
fn a_key_is_generated_listed_and_retired() {
    let sihha = with_key_store(Sihha::bare());
    let first = generate(&sihha, GENERATE);
    assert_eq!(modes(&key_store(&sihha)), [0o600]);
    assert_eq!(fs::metadata(key_store(&sihha)).unwrap().permissions().mode() & 0o777, 0o700);

    let refused = sihha.run(["keys", "retire", &first]);
    assert!(refused.refusal().contains("only key that can sign"), "{refused:?}");
    let second = generate(&sihha, ["keys", "generate", "--algorithm", "eddsa", "--delay", "0s"]);
    assert_eq!(list(&sihha)[0][2], "pending", "an instance may not have read it yet");
    sign_from(&sihha, &first, 2020);
    sign_from(&sihha, &second, 2021);
    let third = generate(&sihha, ["keys", "generate", "--algorithm", "HS256"]);
    let rows = list(&sihha);
    let states: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str(), row[2].as_str())).collect();
    let wanted = [
        (third.as_str(), "HS256", "pending"),
        (second.as_str(), "EdDSA", "signing"),
        (first.as_str(), "ES256", "superseded"),
    ];
    assert_eq!(states, wanted);

    let said = sihha.run(["keys", "retire", &first]).succeeded();
    let until = said.trim_end().strip_prefix(&format!("retired: {first}, verifies until ")).unwrap();
    assert!(until.ends_with('Z') && until.len() == "2026-11-28T09:00:00.000Z".len(), "{said}");
    let again = sihha.run(["keys", "retire", &first]);
    assert!(again.refusal().contains("was retired at"), "{again:?}");
    let json = sihha.run(["keys", "list", "--json"]).succeeded();
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&last["kid"], &last["state"]), (&first.into(), &"retired".into()));
    assert_eq!(last["until"], until);
    for row in &rows {
        assert!(row[3].ends_with('Z') && row[3].len() == until.len(), "{row:?}");
    }

    let mut secrets = fs::read_dir(key_store(&sihha))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let lines: Vec<_> =
        secrets.by_ref().flat_map(|file| file.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let printed = format!("{said}{json}{rows:?}");
    for line in lines.iter().filter(|line| !line.contains([':', ' '])) {
        assert!(!printed.contains(line.as_str()), "key material was printed");
    }
}

#[test]
fn a_kid_may_begin_with_a_hyphen() {
    let sihha = with_key_store(Sihha::bare());
    generate(&sihha, GENERATE);
    for kid in ["-kid", "--kid", "-", "-hKid"] {
        let refused = sihha.run(["keys", "retire", kid]);
        assert!(refused.refusal().contains(&format!("there is no key {kid} in ")), "{refused:?}");
    }
}

#[test]
fn an_invalid_key_store_prevents_the_start() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database));
    let refusal = |part: &str| {
        let refused = sihha.run(["serve"]);
        let line = refused.refusal();
        assert!(line.contains(part) && line.contains("keys"), "{line}");
    };
    refusal("sihha keys generate");
    fs::create_dir(key_store(&sihha)).unwrap();
    refusal("there is none");
    let kid = generate(&sihha, GENERATE);
    let file = key_store(&sihha).join(format!("{kid}.pem"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    refusal(&format!("{kid}.pem (mode 0644); run chmod 600"));
    fs::write(key_store(&sihha).join("old.pem"), "no key").unwrap();
    fs::set_permissions(key_store(&sihha).join("old.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    refusal("old.pem contains no private key");
}

#[test]
fn two_instances_that_share_a_key_store_rotate_together() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database).without("SIHHA_JWT_SECRET"));
    let first = generate(&sihha, GENERATE);
    let services = [sihha.serve(), sihha.serve()];
    let before = token(&services[0], "amina@example.com");
    assert_eq!(kid(&before), Some(first.clone()));

    let second = generate(&sihha, ["keys", "generate", "--after", "0s"]);
    sign_from(&sihha, &first, 2020);
    sign_from(&sihha, &second, 2021);
    for service in &services {
        service.signal(Signal::SIGHUP);
        service.wait_for_log("signing keys changed");
    }
    sihha.run(["keys", "retire", &first]).succeeded();
    for service in &services {
        service.signal(Signal::SIGHUP);
    }
    let after = token(&services[1], "samir@example.com");
    assert_eq!(kid(&after), Some(second));
    for service in &services {
        for token in [&before, &after] {
            assert_eq!(service.get_as(token, "/api/me").status, 200);
        }
    }

    let broken = key_store(&sihha).join("broken.pem");
    fs::write(&broken, "half a k").unwrap();
    for service in &services {
        service.signal(Signal::SIGHUP);
        service.wait_for_log("broken.pem");
        assert_eq!(service.get_as(&after, "/api/me").status, 200);
    }
    fs::remove_file(broken).unwrap();
    for service in services {
        service.signal(Signal::SIGHUP);
        service.wait_for_log("background job recovered");
        let end = service.stop(Signal::SIGTERM);
        assert!(!end.stderr.contains("PRIVATE KEY"), "{end:?}");
    }
}

#[test]
fn a_leaked_key_leaves_the_published_keys_immediately() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database).without("SIHHA_JWT_SECRET"));
    let leaked = generate(&sihha, GENERATE);
    let service = sihha.serve();
    let before = token(&service, "amina@example.com");
    let said = sihha.run(["keys", "rotate-now"]).succeeded();
    for part in [&format!("removed: {leaked}\n"), "signs now: ES256 ", "must log in again", "Envoy"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    service.signal(Signal::SIGHUP);
    service.wait_for_log("signing keys changed");
    let keys = service.get("/.well-known/jwks.json").json["keys"].clone();
    let [key] = keys.as_array().unwrap().as_slice() else { panic!("{keys}") };
    assert!(key["kid"] != leaked.as_str() && said.contains(key["kid"].as_str().unwrap()), "{keys}");
    let refused = service.get_as(&before, "/api/me");
    assert_eq!((refused.status, refused.code()), (401, "token_not_valid"));
    let after = token(&service, "samir@example.com");
    assert_eq!(service.get_as(&after, "/api/me").status, 200);
    assert_eq!(fs::read_dir(key_store(&sihha)).unwrap().count(), 1, "the leaked key's file is removed");
}

#[test]
fn no_secret_is_generated_if_there_are_keys() {
    let sihha = with_key_store(Sihha::made());
    let secret = sihha.data_dir().join("jwt-secret");
    assert!(!secret.exists());
    let first = generate(&sihha, GENERATE);
    let service = sihha.serve();
    assert_eq!(kid(&token(&service, "amina@example.com")), Some(first));
    service.stop(Signal::SIGTERM).succeeded();
    assert!(!secret.exists());
}

#[test]
fn the_previous_secret_still_verifies() {
    let database = TestDatabase::new();
    let sihha = with_key_store(Sihha::on(&database));
    let sihha_before = Sihha::on(&database);
    let service = sihha_before.serve();
    let before = service.post("/api/user/register", &samples::patient("amina@example.com"));
    service.stop(Signal::SIGTERM).succeeded();

    generate(&sihha, GENERATE);
    let service = sihha.serve();
    service.wait_for_log("the JWT secret still verifies tokens");
    assert_eq!(service.get_as(before.text_at("access"), "/api/me").status, 200);
    let body = serde_json::json!({ "refresh": before.text_at("refresh") });
    let after = service.post("/api/token/refresh", &body);
    assert!(kid(after.text_at("access")).is_some(), "{}", after.text);
    eventually("a key", || service.get("/.well-known/jwks.json").json["keys"].get(0).cloned());
}
