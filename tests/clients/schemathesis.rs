//! Schemathesis: whether the service accepts and refuses what the OpenAPI document says, and answers as
//! it says, for an anonymous caller and one of each role.

use std::fs;

use sihha_domain::account::Role;
use sihha_tests::{TestDatabase, samples};

use crate::generators::{prepare, run};
use crate::process::Sihha;

#[test]
fn schemathesis_finds_no_difference_between_the_document_and_the_service() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_ARGON2_MEMORY_KIB", "8")
        .with("SIHHA_ARGON2_PASSES", "1")
        .with("SIHHA_ACCESS_LIFETIME", "1h");
    prepare(&sihha, ["schemathesis.toml", "future.py"]);
    let file = sihha.path().join("schemathesis.toml");
    let exceptions = fs::read_to_string(&file).unwrap();
    let service = sihha.serve();
    let url = format!("http://{}/openapi.json", service.address());
    // The same requests in every run, fewer than by default, so that it takes a minute.
    let command = format!("st run {url} --checks all --seed 2 --max-examples 10 --no-color");
    run(&sihha, &command);
    for role in Role::NAMES {
        let body = samples::registration(role, &format!("{role}@example.com"));
        let registered = service.post(&format!("/api/{role}/register"), &body);
        let token = format!("headers.Authorization = \"Bearer {}\"\n", registered.text_at("access"));
        fs::write(&file, token + &exceptions).unwrap();
        run(&sihha, &command);
    }
}
