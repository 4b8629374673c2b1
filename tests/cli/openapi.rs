//! `sihha openapi`.

use std::fs;

use crate::process::Sihha;

#[test]
fn openapi_prints_the_committed_document_and_touches_nothing() {
    let sihha = Sihha::fresh();
    let home = sihha.path().join("home");
    let sihha = sihha.with("HOME", &home).with("XDG_DATA_HOME", home.join("data"));
    let printed = sihha.run(["openapi"]).succeeded();
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    assert!(printed == fs::read_to_string(checked_in).unwrap(), "docs/openapi.json is stale: `make openapi`");
    assert_eq!(fs::read_dir(sihha.path()).unwrap().count(), 0);
}

#[test]
fn openapi_needs_no_database() {
    let sihha = Sihha::bare().with("DATABASE_URL", "postgres://sihha@nowhere.invalid/sihha");
    sihha.run(["openapi"]).succeeded();
}
