//! `GET /api/reference/…`.

use serde_json::{Value, json};
use sihha_tests::TestApp;

use crate::support::assert_fields;

/// Returns the entries of a list by their order.
#[track_caller]
fn list(app: &TestApp, name: &str) -> Vec<Value> {
    let answer = app.get(&format!("/api/reference/{name}"));
    assert_eq!((answer.status, answer.header("Content-Type")), (200, "application/json"), "{name}");
    serde_json::from_value(answer.json).unwrap()
}

fn labels(ar: &str, fr: &str, en: &str) -> Value {
    json!({ "ar": ar, "fr": fr, "en": en })
}

#[test]
fn each_list_has_codes_with_names_in_three_languages() {
    let app = TestApp::start();
    let alger = labels("الجزائر", "Alger", "Alger");
    let chu = labels("المركز الاستشفائي الجامعي", "Centre hospitalo-universitaire", "University hospital");
    let cardiology = labels("أمراض القلب", "Cardiologie", "Cardiology");
    let not_in_register = labels(
        "غير مسجل في جدول العمادة",
        "Introuvable au tableau de l’Ordre",
        "Not found in the Order’s register",
    );
    for (name, length, index, entry) in [
        ("wilayas", 69, 15, json!({ "code": "16", "labels": alger })),
        ("facility-types", 12, 0, json!({ "code": "chu", "labels": chu })),
        ("rejection-reasons", 8, 0, json!({ "code": "not_in_register", "labels": not_in_register })),
        ("specialites", 70, 8, json!({ "code": "CARDIOLOGIE", "labels": cardiology })),
    ] {
        let entries = list(&app, name);
        assert_eq!((entries.len(), &entries[index]), (length, &entry), "{name}");
        assert_eq!(list(&app, &format!("{name}/")), entries, "{name}");
    }
    let codes: Vec<_> = list(&app, "specialites").into_iter().map(|mut entry| entry["code"].take()).collect();
    assert_eq!(app.get("/api/specialites").json, json!(codes));
}

#[test]
fn communes_are_listed_for_one_wilaya_or_for_all() {
    let app = TestApp::start();
    let all = list(&app, "communes");
    assert_eq!(all.len(), 1541);
    let timimoun = list(&app, "communes?wilaya=49");
    let first =
        json!({ "code": "0103", "wilaya": "49", "labels": labels("شروين", "Charouine", "Charouine") });
    assert_eq!((timimoun.len(), &timimoun[0]), (10, &first));
    let of_wilayas: Vec<_> = list(&app, "wilayas")
        .iter()
        .flat_map(|wilaya| list(&app, &format!("communes?wilaya={}", wilaya["code"].as_str().unwrap())))
        .collect();
    assert_eq!(of_wilayas, all);
}

#[test]
fn an_unknown_wilaya_is_refused() {
    let app = TestApp::start();
    for (query, code) in [
        ("wilaya=99", "unknown_choice"),
        ("wilaya=1", "unknown_choice"),
        ("wilaya=Alger", "unknown_choice"),
        ("wilaya=%D9%A1%D9%A6", "unknown_choice"),
        ("wilaya=", "required"),
        ("wilaya=16&wilaya=31", "wrong_type"),
    ] {
        let answer = app.get(&format!("/api/reference/communes?{query}"));
        assert_fields(&answer, &[("wilaya", code)], query);
    }
}
