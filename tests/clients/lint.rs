//! `redocly lint`.

use crate::generators::{prepare, run};
use crate::process::Sihha;

#[test]
fn redocly_finds_nothing_to_warn_about() {
    let sihha = Sihha::bare();
    prepare(&sihha, ["redocly.yaml"]);
    let printed = run(&sihha, "redocly lint openapi.json --config redocly.yaml");
    assert!(printed.last().unwrap().contains("is valid"), "{printed:#?}");
    assert!(!printed.concat().contains("warning"), "{printed:#?}");
}
