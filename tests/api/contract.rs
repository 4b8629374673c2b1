//! The cases of the contract, replayed in order on one new database.

use std::path::Path;

use serde_json::Value;
use sihha_domain::account::Role;
use sihha_tests::TestApp;

#[test]
fn every_case_holds() {
    let app = TestApp::start();
    let mut files: Vec<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 10);
    for file in files {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        replay(&app, &case);
    }
}

fn replay(app: &TestApp, case: &Value) {
    let title = case["title"].as_str().unwrap();
    let action = &case["action"]["approve"];
    if let Some(email) = action["email"].as_str() {
        app.approve(Role::parse(action["role"].as_str().unwrap()).unwrap(), email);
        return;
    }
    let answer = app.post(case["request"]["path"].as_str().unwrap(), &case["request"]["json"]);
    let wanted = &case["response"];
    assert_eq!(u64::from(answer.status), wanted["status"], "{title}: {}", answer.text);
    if !wanted["json"].is_null() {
        compare(&wanted["json"], &answer.json, title);
    }
}

/// Asserts that a response has the case's members with their values. It may have more members.
fn compare(wanted: &Value, got: &Value, place: &str) {
    match wanted {
        Value::Object(members) => {
            assert!(got.is_object(), "{place}: {got}");
            for (name, value) in members {
                compare(value, &got[name], &format!("{place}: {name}"));
            }
        }
        Value::String(text) if text == "<uuid>" => {
            let groups: Vec<_> = got.as_str().unwrap_or_default().split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12], "{place}: {got}");
        }
        Value::String(text) if text.ends_with("-jwt>") => {
            let parts = got.as_str().unwrap_or_default().split('.').count();
            assert_eq!(parts, 3, "{place}: {got}");
        }
        value => assert_eq!(got, value, "{place}"),
    }
}
