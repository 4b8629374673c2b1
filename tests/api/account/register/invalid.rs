use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};

use crate::support::{ROLES, assert_fields, with, without};

/// Returns the required members of a registration of that role.
fn required(role: &str) -> &'static [&'static str] {
    match role {
        "user" => &[
            "email",
            "password",
            "carte_id",
            "first_name",
            "last_name",
            "birth_date",
            "numero_tel",
            "gender",
        ],
        "doctor" => &[
            "profile.email",
            "profile.password",
            "profile.carte_id",
            "profile.first_name",
            "profile.last_name",
            "profile.birth_date",
            "profile.numero_tel",
            "profile.gender",
            "specialite",
        ],
        "hospital" => &[
            "profile.email",
            "profile.password",
            "profile.carte_id",
            "name",
            "hospital_number",
            "hospital_address",
        ],
        _ => {
            &["profile.email", "profile.password", "profile.carte_id", "name", "labo_number", "labo_address"]
        }
    }
}

fn post(app: &TestApp, role: &str, body: &Value) -> Response {
    app.post(&format!("/api/{role}/register"), body)
}

/// Sends the sample of `role` with `value` at `path`.
fn broken(role: &str, path: &str, value: impl Into<Value>) -> Value {
    with(samples::registration(role, "amina@example.com"), path, value)
}

#[track_caller]
fn assert_nothing_was_registered(app: &TestApp) {
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 0);
}

#[test]
fn each_missing_field_is_reported_by_its_path() {
    let app = TestApp::start();
    for role in ROLES {
        for path in required(role) {
            let absent = without(samples::registration(role, "amina@example.com"), path);
            let bodies = [absent, broken(role, path, Value::Null), broken(role, path, "")];
            for (how, body) in ["absent", "null", "empty"].into_iter().zip(bodies) {
                assert_fields(
                    &post(&app, role, &body),
                    &[(path, "required")],
                    &format!("{role}: {path} {how}"),
                );
            }
        }
    }
    assert_nothing_was_registered(&app);
}

#[test]
fn an_empty_object_gets_an_error_for_each_required_field() {
    let app = TestApp::start();
    for role in ROLES {
        let wanted: Vec<_> = required(role).iter().map(|path| (*path, "required")).collect();
        for body in [json!({}), json!({ "profile": null }), json!({ "profile": {} })] {
            assert_fields(&post(&app, role, &body), &wanted, &format!("{role}: {body}"));
        }
    }
}

#[test]
fn a_value_of_the_wrong_type_is_reported_by_its_path() {
    let app = TestApp::start();
    for role in ROLES {
        for path in required(role) {
            for value in [json!(7), json!(true), json!(["x"]), json!({ "x": "y" })] {
                let answer = post(&app, role, &broken(role, path, value.clone()));
                assert_fields(&answer, &[(path, "wrong_type")], &format!("{role}: {path} = {value}"));
            }
        }
    }
    let others = [
        ("user", "married", json!("true")),
        ("user", "married", json!(1)),
        ("user", "address", json!(["x"])),
        ("user", "blood_type", json!(0)),
        ("user", "image", json!({})),
        ("user", "emergency_numbers", json!("555-5555")),
        ("user", "emergency_numbers", json!({ "0": "555-5555" })),
        ("doctor", "isPrivee", json!("yes")),
        ("doctor", "bio", json!(1)),
        ("doctor", "address", json!(1)),
        ("doctor", "doctor_address", json!(false)),
        ("doctor", "profile", json!("Khalido")),
        ("doctor", "profile", json!(["Khalido"])),
        ("hospital", "profile", json!(1)),
        ("hospital", "profile.birth_date", json!(1990)),
        ("labo", "profile", json!(true)),
    ];
    for (role, path, value) in others {
        let answer = post(&app, role, &broken(role, path, value.clone()));
        assert_fields(&answer, &[(path, "wrong_type")], &format!("{role}: {path} = {value}"));
    }
    assert_nothing_was_registered(&app);
}

#[test]
fn all_errors_of_a_patient_are_reported_together() {
    let app = TestApp::start();
    let body = json!({
        "carte_id": "12_34",
        "email": "amina@",
        "first_name": "a\u{7}b",
        "last_name": "x".repeat(151),
        "birth_date": "15/05/1990",
        "numero_tel": "call me",
        "address": "a\u{0}b",
        "blood_type": "C+",
        "gender": "female",
        "image": "javascript:alert(1)",
        "emergency_numbers": ["555-5555", "none", 7, "", null],
        "password": "1234567",
        "married": "no",
    });
    let wanted = [
        ("carte_id", "malformed"),
        ("email", "malformed"),
        ("first_name", "control_character"),
        ("last_name", "too_long"),
        ("birth_date", "malformed"),
        ("numero_tel", "malformed"),
        ("address", "control_character"),
        ("blood_type", "unknown_choice"),
        ("gender", "unknown_choice"),
        ("image", "malformed"),
        ("emergency_numbers.1", "malformed"),
        ("emergency_numbers.2", "wrong_type"),
        ("password", "too_short"),
        ("married", "wrong_type"),
    ];
    assert_fields(&post(&app, "user", &body), &wanted, "patient");
    assert_nothing_was_registered(&app);
}

#[test]
fn all_errors_of_the_other_roles_are_reported_together_inside_and_outside_the_profile() {
    let app = TestApp::start();
    let doctor = json!({
        "profile": { "email": "a b@example.com", "carte_id": "é1", "password": "x".repeat(129), "gender": "",
            "first_name": " ", "birth_date": "2027-01-01", "emergency_numbers": 5 },
        "specialite": "ASTROLOGIE",
        "bio": "x".repeat(5001),
        "isPrivee": "no",
        "address": "\u{1b}[31m",
    });
    let wanted = [
        ("profile.email", "malformed"),
        ("profile.carte_id", "malformed"),
        ("profile.password", "too_long"),
        ("profile.gender", "required"),
        ("profile.first_name", "required"),
        ("profile.last_name", "required"),
        ("profile.numero_tel", "required"),
        ("profile.birth_date", "in_future"),
        ("profile.emergency_numbers", "wrong_type"),
        ("specialite", "unknown_choice"),
        ("bio", "too_long"),
        ("isPrivee", "wrong_type"),
        ("address", "control_character"),
    ];
    assert_fields(&post(&app, "doctor", &doctor), &wanted, "doctor");

    for role in ["hospital", "labo"] {
        let [number, address] = ["number", "address"].map(|name| format!("{role}_{name}"));
        let body = json!({
            "profile": { "email": 1, "password": "short", "gender": "Other", "numero_tel": "x" },
            "name": "x".repeat(201),
            "name_ar": "CHU",
            (number.as_str()): "none",
            (address.as_str()): "x".repeat(501),
        });
        let wanted = [
            ("profile.email", "wrong_type"),
            ("profile.password", "too_short"),
            ("profile.carte_id", "required"),
            ("profile.gender", "unknown_choice"),
            ("profile.numero_tel", "malformed"),
            ("name", "too_long"),
            ("name_ar", "malformed"),
            (number.as_str(), "malformed"),
            (address.as_str(), "too_long"),
        ];
        assert_fields(&post(&app, role, &body), &wanted, role);
    }
    assert_nothing_was_registered(&app);
}

#[test]
fn values_that_break_their_rules_are_rejected() {
    let app = TestApp::start();
    let long = |length: usize| "x".repeat(length);
    let cases = [
        ("email", "malformed", json!("amina")),
        ("email", "malformed", json!("amina@localhost")),
        ("email", "malformed", json!("a@1.2")),
        ("email", "malformed", json!("a..b@x.dz")),
        ("email", "malformed", json!("amina@@example.com")),
        ("email", "malformed", json!("amina@example.com, b@example.com")),
        ("email", "malformed", json!("Amina <amina@example.com>")),
        ("email", "control_character", json!("amina@example.com\r\nBcc: all@example.com")),
        ("email", "too_long", json!(format!("{}@example.com", long(250)))),
        ("carte_id", "malformed", json!("AB_12")),
        ("carte_id", "malformed", json!("- /")),
        ("carte_id", "too_long", json!(long(65))),
        ("birth_date", "no_such_day", json!("1990-02-30")),
        ("birth_date", "malformed", json!("1990-5-15")),
        ("birth_date", "malformed", json!("1990-05-15T00:00:00Z")),
        ("birth_date", "too_long_ago", json!("1800-01-01")),
        ("birth_date", "in_future", json!("9999-12-31")),
        ("birth_date", "no_such_day", json!("1942-13")),
        ("birth_date", "malformed", json!("42")),
        ("birth_date", "too_long_ago", json!("1875")),
        ("birth_date", "in_future", json!("2027")),
        ("birth_date", "in_future", json!("2026-12")),
        ("first_name_ar", "malformed", json!("Amina")),
        ("last_name_ar", "malformed", json!("١٢")),
        ("last_name_ar", "too_long", json!("م".repeat(151))),
        ("blood_type", "unknown_choice", json!("o+")),
        ("gender", "unknown_choice", json!("Homme")),
        ("image", "malformed", json!("data:text/html,<script>alert(1)</script>")),
        ("image", "malformed", json!("//example.com/a.png")),
        ("image", "too_long", json!(format!("https://example.com/{}", long(2048)))),
        ("numero_tel", "malformed", json!("5")),
        ("numero_tel", "too_long", json!("1".repeat(33))),
    ];
    for (path, code, value) in cases {
        let answer = post(&app, "user", &broken("user", path, value.clone()));
        assert_fields(&answer, &[(path, code)], &format!("{path} = {value}"));
    }
    assert_nothing_was_registered(&app);
}

#[test]
fn control_characters_are_rejected_in_every_text() {
    let app = TestApp::start();
    let places = [
        ("user", "first_name"),
        ("user", "last_name"),
        ("user", "address"),
        ("doctor", "bio"),
        ("doctor", "doctor_address"),
        ("doctor", "profile.first_name"),
        ("hospital", "name"),
        ("hospital", "hospital_address"),
        ("labo", "name"),
        ("labo", "labo_address"),
    ];
    for (role, path) in places {
        for control in
            ['\u{0}', '\u{1}', '\u{8}', '\u{1b}', '\u{7f}', '\u{fffc}', '\u{e0041}', '\u{ffff}', '\u{9f}']
        {
            let answer = post(&app, role, &broken(role, path, format!("before{control}after")));
            assert_fields(&answer, &[(path, "control_character")], &format!("{role}: {path}, {control:?}"));
        }
    }
    // With these characters, staff would see a text that differs from the stored text.
    for deceiving in ['\u{202d}', '\u{202e}', '\u{2028}', '\u{2029}'] {
        let answer = post(&app, "labo", &broken("labo", "name", format!("before{deceiving}after")));
        assert_fields(&answer, &[("name", "control_character")], &format!("{deceiving:?}"));
    }
    let line_break = post(&app, "user", &broken("user", "first_name", "two\nlines"));
    assert_fields(&line_break, &[("first_name", "control_character")], "a name with two lines");
}

#[test]
fn lengths_are_counted_in_characters_and_not_in_bytes() {
    let app = TestApp::start();
    let limits = [
        ("user", "first_name", 150),
        ("hospital", "name", 200),
        ("user", "address", 500),
        ("doctor", "bio", 5000),
    ];
    for (number, (role, path, limit)) in limits.into_iter().enumerate() {
        let sample = samples::registration(role, &format!("limit{number}@example.com"));
        // Characters of two and of four bytes.
        for letter in ["ش", "🩺"] {
            let answer = post(&app, role, &with(sample.clone(), path, letter.repeat(limit + 1)));
            assert_fields(&answer, &[(path, "too_long")], &format!("{role}: {path}"));
        }
        let fits = format!("د{}", "🩺".repeat(limit - 1));
        let answer = post(&app, role, &with(sample, path, fits));
        assert_eq!(answer.status, 201, "{role}: {path}: {}", answer.text);
    }
}

#[test]
fn there_are_at_most_ten_emergency_numbers() {
    let app = TestApp::start();
    let eleven = post(&app, "user", &broken("user", "emergency_numbers", vec!["555-5555"; 11]));
    assert_fields(&eleven, &[("emergency_numbers", "too_many")], "eleven");
    assert_eq!(post(&app, "user", &broken("user", "emergency_numbers", vec!["555-5555"; 10])).status, 201);
}

#[test]
fn the_response_to_thousands_of_invalid_entries_is_small() {
    let app = TestApp::start();
    let answer = post(&app, "user", &broken("user", "emergency_numbers", vec![1; 20_000]));
    assert_eq!(answer.status, 400);
    assert!(answer.text.len() < 64 * 1024, "{} bytes", answer.text.len());
}

#[test]
fn each_error_has_a_message_that_does_not_quote_the_input() {
    let app = TestApp::start();
    let body = ["email", "carte_id", "birth_date", "numero_tel", "blood_type", "gender", "image"]
        .iter()
        .fold(samples::patient("amina@example.com"), |body, path| with(body, path, "<marker>"));
    let answer = post(&app, "user", &with(body, "password", "marker"));
    assert_eq!(answer.field_paths().len(), 8, "{}", answer.text);
    assert!(!answer.text.contains("marker"), "{}", answer.text);
    for (path, errors) in answer.json["errors"].as_object().unwrap() {
        for error in errors.as_array().unwrap() {
            assert!(
                error["message"].as_str().is_some_and(|message| message.ends_with('.')),
                "{path}: {error}"
            );
            let members: Vec<_> = error.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["code", "message", "params"], "{path}: {error}");
        }
    }
}
