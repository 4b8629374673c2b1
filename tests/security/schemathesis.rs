//! Schemathesis: whether the service accepts and refuses what its OpenAPI document says, and answers
//! as it says, to each kind of caller.

use std::fs;
use std::thread;

use sihha_domain::account::Role;
use sihha_tests::{TestDatabase, recorder, samples};

use crate::process::{Service, Sihha};
use crate::staff::SECRET_KEY;
use crate::tools::{folder, tool};

/// The callers: two lists, because the machine of the continuous integration has two cores.
const CALLERS: [[&str; 4]; 2] =
    [["admin", "user", "labo", "anonymous"], ["reviewer", "doctor", "hospital", "waiting doctor"]];

#[test]
fn schemathesis_finds_no_difference_between_the_document_and_the_service() {
    let failed: Vec<&str> = thread::scope(|scope| {
        let threads =
            CALLERS.map(|callers| scope.spawn(move || callers.map(|caller| (caller, attack(caller)))));
        let outcomes = threads.into_iter().flat_map(|thread| thread.join().unwrap());
        outcomes.filter(|(_, is_clean)| !is_clean).map(|(caller, _)| caller).collect()
    });
    assert!(failed.is_empty(), "as {failed:?}: see the output");
}

/// Runs Schemathesis as `caller` against a service of its own. Returns whether it found nothing.
fn attack(caller: &str) -> bool {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_ACCESS_LIFETIME", "1h")
        .with("SIHHA_SECRET_KEY", SECRET_KEY)
        .with("SIHHA_THROTTLE", "off");
    for file in ["schemathesis.toml", "hooks.py"] {
        fs::copy(folder().join(file), sihha.path().join(file)).unwrap();
    }
    let role = caller.split(' ').next_back().filter(|role| Role::NAMES.contains(role));
    let sample = samples::registration(role.unwrap_or("user"), "caller@example.com");
    fs::write(sihha.path().join("registration.json"), sample.to_string()).unwrap();
    let service = sihha.serve();
    register_some(&service);

    let url = format!("http://{}", service.address());
    let document = format!("{url}/openapi.json");
    let mut command = tool(&sihha, "st");
    command.args(["run", &document, "--checks", "all", "--no-color"]);
    if std::env::var_os("TEST_FUZZ").is_some() {
        // It prints the seed.
        command.args(["--max-examples", "500"]);
    } else {
        // The same requests in every run, fewer than by default.
        command.args(["--seed", "2", "--max-examples", "10"]);
    }
    if let Some(folder) = recorder::folder() {
        command.env("TEST_RECORD", folder);
    }
    let output =
        command.env("CALLER", caller).env("URL", &url).env("SIHHA", &sihha.program).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    println!("As {caller}:\n{text}");
    output.status.success()
}

/// Registers accounts and applications for the staff to find.
fn register_some(service: &Service) {
    for role in Role::NAMES {
        for number in 0..5 {
            let body = samples::registration(role, &format!("{role}{number}@example.com"));
            let registered = service.post(&format!("/api/{role}/register"), &body);
            assert!(registered.status < 300, "{}", registered.text);
        }
    }
}
