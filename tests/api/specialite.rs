use std::collections::HashSet;

use serde_json::Value;
use sihha_tests::{TestApp, samples};

use crate::support::{send_registration, with};

fn listed(app: &TestApp, path: &str) -> Vec<String> {
    let answer = app.get(path);
    assert_eq!(answer.status, 200, "{}", answer.text);
    serde_json::from_value(answer.json).unwrap()
}

#[test]
fn the_specialities_are_different_names_in_french_capitals() {
    let app = TestApp::start();
    let all = listed(&app, "/api/specialites");
    assert!(all.len() >= 50, "{}", all.len());
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "no speciality is listed twice");
    assert!(all.iter().all(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')), "{all:?}");
    for known in ["CARDIOLOGIE", "GENERALISTE", "PEDIATRIE", "RADIOLOGIE"] {
        assert!(all.iter().any(|name| name == known), "{known}");
    }
    assert_eq!(all.last().map(String::as_str), Some("AUTRE"), "AUTRE is the last one");
    assert_eq!(listed(&app, "/api/specialites/"), all);
}

#[test]
fn a_doctor_can_register_with_every_listed_speciality() {
    let app = TestApp::start();
    for name in listed(&app, "/api/specialites") {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = with(samples::doctor(&email), "specialite", name.as_str());
        let answer = send_registration(&app, "doctor", &body);
        assert_eq!(answer.json["specialite"], Value::from(name));
    }
}
