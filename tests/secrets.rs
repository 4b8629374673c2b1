//! No test made the service log a secret or a person, or respond with a secret that the response does not
//! issue. Searches what the other tests recorded in the folder that `TEST_RECORD` names.

use std::fs;
use std::path::PathBuf;

use sihha_tests::evidence::Evidence;

#[test]
fn no_test_made_the_service_log_or_show_a_secret() {
    let folder = std::env::var_os("TEST_RECORD").map(PathBuf::from).expect("TEST_RECORD names a folder");
    let mut evidence = Evidence::default();
    evidence.add_public(include_str!("../docs/openapi.json"));
    for entry in fs::read_dir(folder).unwrap() {
        evidence.add_recording(&entry.unwrap().path());
    }
    let findings = evidence.findings();
    println!("{}", evidence.summary());
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}
