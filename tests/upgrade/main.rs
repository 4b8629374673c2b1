//! The previous release fills a database, this release migrates it while the previous one serves,
//! and every account works.
//!
//! The binary of the previous release is built from the repository's history. Without the history,
//! as in a shallow clone, the tests are reported as ignored. That is known only at run time, so
//! these tests have their own harness.

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod process;

mod private_postgres;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libtest_mimic::{Arguments, Trial};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sihha_tests::{Client, Response, TestDatabase, samples};
use ureq::http::Method;

use crate::process::{Service, Sihha};

/// Exit status of the script if there is no history.
const NO_HISTORY: i32 = 3;

const ROLES: [&str; 4] = ["user", "doctor", "hospital", "labo"];

/// A test, which gets the binary of the previous release.
type Test = (&'static str, fn(&Path));

const TESTS: [Test; 3] = [
    ("every_account_of_the_previous_release_works_after_the_upgrade", every_account_works_after_the_upgrade),
    (
        "data_of_the_previous_release_are_converted",
        private_postgres::data_of_the_previous_release_are_converted,
    ),
    (
        "a_kill_during_the_conversion_loses_no_data",
        private_postgres::a_kill_during_the_conversion_loses_no_data,
    ),
];

fn main() {
    let arguments = Arguments::from_args();
    let previous = if arguments.list { None } else { previous_release() };
    let trial = |(name, test): Test| {
        let previous = previous.clone();
        let ignored = previous.is_none();
        let run = move || {
            test(&previous.expect("the previous release"));
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(ignored)
    };
    libtest_mimic::run(&arguments, TESTS.map(trial).into()).exit();
}

/// Returns the binary of the previous release, or `None` if the repository has no history.
fn previous_release() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/previous-release");
    let output =
        Command::new(script).stderr(std::process::Stdio::inherit()).output().expect("the script runs");
    if output.status.code() == Some(NO_HISTORY) {
        return None;
    }
    assert!(output.status.success(), "the previous release cannot be built");
    Some(String::from_utf8(output.stdout).expect("a path").trim().into())
}

/// An account and its refresh token.
struct RoleDetails {
    role: &'static str,
    email: String,
    refresh: String,
}

/// Registers accounts of all roles, with unusual but valid values.
fn fill(service: &Service, sihha: &Sihha) -> Vec<RoleDetails> {
    let mut holders = Vec::new();
    for role in ROLES {
        for number in 0..3 {
            let email = format!("{}.{number}@example.com", role.to_uppercase());
            let mut body = samples::registration(role, &email);
            let person = if role == "user" { &mut body } else { &mut body["profile"] };
            person["address"] = json!(
                ["1, rue Didouche Mourad", "حي 20 أوت 1955", "Cité des 1200 logements\u{a0}n° 3"][number]
            );
            let registered = service.post(&format!("/api/{role}/register"), &body);
            assert_eq!(registered.status, 201, "{}", registered.text);
            if role != "user" {
                sihha.run(["approvals", "approve", "--role", role, "--email", &email]).succeeded();
            }
            let tokens = log_in(service, role, &email);
            assert_eq!(tokens.status, 200, "{}", tokens.text);
            holders.push(RoleDetails { role, email, refresh: tokens.text_at("refresh").to_owned() });
        }
    }
    // An account that was suspended and reinstated.
    let email = holders[0].email.clone();
    sihha.run(["accounts", "suspend", "--email", &email, "--reason", "Enquête"]).succeeded();
    sihha.run(["accounts", "reinstate", "--email", &email]).succeeded();
    log_in(service, "user", &email).text_at("refresh").clone_into(&mut holders[0].refresh);
    holders
}

fn log_in(client: &Client, role: &str, email: &str) -> Response {
    client.post(&format!("/api/{role}/login"), &samples::login(email))
}

fn send_as(client: &Client, method: Method, token: &str, path: &str, body: &Value) -> Response {
    let request = client.request(method, path).header("Authorization", format!("Bearer {token}"));
    client.send(request.header("Content-Type", "application/json").body(body.to_string()).unwrap())
}

/// Logs in, reads, changes and refreshes with each account.
fn use_all(client: &Client, holders: &[RoleDetails], is_expected: impl Fn(u16) -> bool) {
    for RoleDetails { role, email, .. } in holders {
        let tokens = log_in(client, role, email);
        assert!(is_expected(tokens.status), "login, {}", tokens.text);
        if tokens.status != 200 {
            continue;
        }
        let token = tokens.text_at("access");
        let me = client.get_as(token, "/api/me");
        assert!(is_expected(me.status), "me, {}", me.text);
        let change = if *role == "user" {
            json!({ "married": true })
        } else {
            json!({ "profile": { "gender": "Female" } })
        };
        let changed = send_as(client, Method::PATCH, token, "/api/me", &change);
        assert!(is_expected(changed.status), "PATCH, {}", changed.text);
        let refreshed = client.post("/api/token/refresh", &json!({ "refresh": tokens.text_at("refresh") }));
        assert!(is_expected(refreshed.status), "refresh, {}", refreshed.text);
    }
}

/// Uses the service continuously while `work` runs. It may be unavailable for a moment, but must
/// not fail otherwise.
fn under_load(client: &Client, holders: &[RoleDetails], work: impl FnOnce()) {
    let (is_over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    use_all(client, holders, |status| matches!(status, 200 | 503));
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        work();
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(rounds.into_inner() > 0);
}

fn every_account_works_after_the_upgrade(previous: &Path) {
    let database = TestDatabase::empty();
    let (mut old, new) = (Sihha::on(&database), Sihha::on(&database));
    previous.clone_into(&mut old.program);
    old.run(["migrate"]).succeeded();
    let before = old.serve_with(["--argon2-memory-kib", "8", "--argon2-passes", "1"]);
    let holders = fill(&before, &old);

    // The previous release runs on this release's schema.
    under_load(&before, &holders, || drop(new.run(["migrate"]).succeeded()));
    let after = new.serve_with(["--argon2-memory-kib", "8", "--argon2-passes", "1"]);
    for service in [&after, &before] {
        use_all(service, &holders, |status| status == 200);
    }
    for RoleDetails { role, email, refresh } in &holders {
        let refreshed = after.post("/api/token/refresh", &json!({ "refresh": refresh }));
        assert_eq!(refreshed.status, 200, "{role} {email}: {}", refreshed.text);
    }
    before.stop(Signal::SIGTERM).succeeded();

    under_load(&after, &holders, || drop(new.run(["migrate", "--finish"]).succeeded()));
    use_all(&after, &holders, |status| status == 200);
    let unfindable =
        "SELECT count(*) AS n FROM profiles WHERE id NOT IN (SELECT profile_id FROM search_keys)";
    assert_eq!(database.number(unfindable), 0);
    for RoleDetails { role, email, .. } in &holders {
        let again =
            after.post(&format!("/api/{role}/register"), &samples::registration(role, &email.to_lowercase()));
        assert_eq!(again.status, 409, "{email} is taken: {}", again.text);
        new.run(["accounts", "suspend", "--email", email, "--reason", "Enquête"]).succeeded();
        assert_eq!(log_in(&after, role, email).status, 403, "{email}");
    }
    after.stop(Signal::SIGTERM).succeeded();
}
