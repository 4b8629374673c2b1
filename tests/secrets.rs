//! Asserts that no recorded log or response contains a secret, and no log a person. The other tests record in
//! the folder that `TEST_RECORD` names.

use std::fs;
use std::path::PathBuf;

use sihha_tests::evidence::Evidence;

#[test]
fn no_test_made_the_service_log_or_show_a_secret() {
    let folder = std::env::var_os("TEST_RECORD").map(PathBuf::from).expect("TEST_RECORD names a folder");
    let mut evidence = Evidence::default();
    evidence.add_public(include_str!("../docs/openapi.json"));
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        evidence.add_recording(&file);
    }
    let findings = evidence.findings();
    println!("{}", evidence.summary());
    // Some tests alone record nothing.
    let is_whole = std::env::var_os("TEST_WHOLE").is_some_and(|value| !value.is_empty());
    assert!(evidence.is_complete() || !is_whole, "the tests recorded nothing");
    let first: Vec<_> = findings.iter().take(200).map(String::as_str).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), first.join("\n"));
}
