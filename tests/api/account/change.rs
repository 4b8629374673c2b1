//! `PATCH /api/me`.

mod merge_patch;
mod refused;

use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::support::{ROLES, assert_problem, log_in, profile_path, register, with, without};

fn patch_text(app: &TestApp, token: &str, content_type: &str, body: &str) -> Response {
    let request = app
        .request(Method::PATCH, "/api/me")
        .header("Content-Type", content_type)
        .header("Authorization", format!("Bearer {token}"));
    app.send(request.body(body).unwrap())
}

pub(super) fn patch(app: &TestApp, registered: &Response, body: &Value) -> Response {
    patch_text(app, registered.text_at("access"), "application/merge-patch+json", &body.to_string())
}

pub(super) fn me(app: &TestApp, registered: &Response) -> Value {
    app.get_as(registered.text_at("access"), "/api/me").json
}

/// Asserts that the patch `body` changes the account to `wanted`, now and later.
#[track_caller]
fn assert_changed(app: &TestApp, registered: &Response, body: &Value, wanted: &Value) {
    let answer = patch(app, registered, body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.text);
    assert_eq!(answer.json, *wanted, "{body}");
    assert_eq!(me(app, registered), *wanted, "{body}, later");
}

/// Returns a document with `value` at `path`, such as `profile.email`.
fn at(path: &str, value: impl Into<Value>) -> Value {
    with(json!({}), path, value)
}

/// Returns every member that the role can change, with a new value.
fn changes(role: &str) -> Vec<(String, Value)> {
    let person = [("first_name", "ياسين"), ("last_name", "Haddad")];
    let own: &[(&str, Value)] = match role {
        "user" => &[("married", json!(false))],
        "doctor" => &[
            ("specialite", json!("PEDIATRIE")),
            ("bio", json!("طبيب أطفال.\nPédiatre.")),
            ("isPrivee", json!(false)),
            ("doctor_address", json!("5, rue Larbi Ben M’hidi, Oran")),
        ],
        "hospital" => &[
            ("name", json!("CHU Oran")),
            ("hospital_number", json!("041 41 22 33")),
            ("hospital_address", json!("وهران")),
        ],
        _ => &[
            ("name", json!("Labo Oran")),
            ("labo_number", json!("041 41 22 34")),
            ("labo_address", json!("وهران")),
        ],
    };
    let profile = [
        ("birth_date", json!("1991-01-02")),
        ("numero_tel", json!("0661 20 45 78")),
        ("address", json!("عمارة 12\nOran")),
        ("blood_type", json!("AB-")),
        ("gender", json!("Male")),
        ("image", json!("https://example.com/ش.png")),
        ("emergency_numbers", json!(["14", "17", "1021"])),
    ];
    let persons = person.iter().filter(|_| ["user", "doctor"].contains(&role));
    let mut changes: Vec<_> = persons.map(|(name, value)| (profile_path(role, name), json!(value))).collect();
    changes.extend(profile.map(|(name, value)| (profile_path(role, name), value)));
    changes.extend(own.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    changes
}

/// Returns the account as it is sent: the name of an organisation is also its `profile.first_name`.
fn displayed(account: Value) -> Value {
    match account["name"].clone() {
        Value::Null => account,
        name => with(account, "profile.first_name", name),
    }
}

#[test]
fn each_member_can_be_changed_separately() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        let mut account = me(&app, &registered);
        for (path, value) in changes(role) {
            account = displayed(with(account, &path, value.clone()));
            assert_changed(&app, &registered, &at(&path, value), &account);
        }
    }
}

#[test]
fn all_members_can_be_changed_together_and_back() {
    let app = TestApp::start();
    for name in ROLES {
        let registered = register(&app, name, &format!("{name}@example.com"));
        let before = me(&app, &registered);
        let merge = |target, changes: Vec<(String, Value)>| {
            changes.into_iter().fold(target, |target, (path, value)| with(target, &path, value))
        };
        let wanted = displayed(merge(before.clone(), changes(name)));
        assert_changed(&app, &registered, &merge(json!({}), changes(name)), &wanted);
        // For an organisation this member is read-only, and its value has changed.
        let organisation = !before["name"].is_null();
        let body = if organisation { without(before.clone(), "profile.first_name") } else { before.clone() };
        assert_changed(&app, &registered, &body, &before);
    }
}

#[test]
fn the_unchanged_document_and_an_empty_patch_change_nothing() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        let account = me(&app, &registered);
        for body in [json!({}), json!({ "nickname": "x", "profile": {} }), account.clone()] {
            assert_changed(&app, &registered, &body, &account);
        }
    }
}

#[test]
fn a_doctors_address_can_be_changed_under_both_names() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    let account = me(&app, &registered);
    let cases = [
        (json!({ "address": "Oran" }), json!("Oran")),
        (json!({ "doctor_address": "Alger" }), json!("Alger")),
        (json!({ "address": "Oran", "doctor_address": "Blida" }), json!("Blida")),
        (json!({ "address": "Oran", "doctor_address": null }), json!("Oran")),
        (json!({ "address": null }), Value::Null),
    ];
    for (body, address) in cases {
        assert_changed(&app, &registered, &body, &with(account.clone(), "doctor_address", address));
    }
}

#[test]
fn null_and_an_empty_text_clear_optional_members() {
    let app = TestApp::start();
    let personal = ["birth_date", "numero_tel", "gender"];
    for (number, empty) in [Value::Null, json!(" ")].into_iter().enumerate() {
        for role in ROLES {
            let registered = register(&app, role, &format!("{role}{number}@example.com"));
            let full =
                changes(role).into_iter().fold(json!({}), |body, (path, value)| with(body, &path, value));
            let mut account = patch(&app, &registered, &full).json;
            let organisation = ["hospital", "labo"].contains(&role);
            let personal = personal.iter().filter(|_| organisation);
            let mut paths: Vec<_> = ["address", "blood_type", "image"]
                .iter()
                .chain(personal)
                .map(|name| profile_path(role, name))
                .collect();
            if role == "doctor" {
                paths.extend(["bio".to_owned(), "doctor_address".to_owned()]);
            }
            for path in paths {
                account = with(account, &path, Value::Null);
                assert_changed(&app, &registered, &at(&path, empty.clone()), &account);
            }
        }
    }
    let patient = register(&app, "user", "amina@example.com");
    let account = me(&app, &patient);
    let account = with(with(account, "married", Value::Null), "emergency_numbers", json!([]));
    assert_changed(&app, &patient, &json!({ "married": null, "emergency_numbers": null }), &account);
    let doctor = register(&app, "doctor", "khalido@example.com");
    let account = with(me(&app, &doctor), "isPrivee", false);
    assert_changed(&app, &doctor, &json!({ "isPrivee": null }), &account);
}

#[test]
fn members_of_other_roles_are_ignored() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let account = me(&app, &registered);
    let body = json!({ "specialite": 7, "name": null, "hospital_number": [], "profile": { "address": 1 } });
    assert_changed(&app, &registered, &body, &account);
}

#[test]
fn texts_are_normalized_as_in_a_registration() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    let body = json!({ "specialite": "Médecine d'urgence", "profile": { "last_name": " Be\u{301}n " } });
    let answer = patch(&app, &registered, &body);
    assert_eq!(answer.json["specialite"], "MEDECINE_D_URGENCE", "{}", answer.text);
    assert_eq!(answer.json["profile"]["last_name"], "B\u{e9}n");
}

#[test]
fn simultaneous_changes_of_different_members_are_all_kept() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    let mut wanted = me(&app, &registered);
    for round in 0..10 {
        let bodies = [
            at("profile.address", format!("Oran {round}")),
            at("profile.numero_tel", format!("0552 98 73 {round}")),
            at("bio", format!("Cardiologue {round}")),
            at("isPrivee", round % 2 == 0),
        ];
        for (path, body) in ["profile.address", "profile.numero_tel", "bio", "isPrivee"].iter().zip(&bodies) {
            let value = path.split('.').fold(body, |value, name| &value[name]);
            wanted = with(wanted, path, value.clone());
        }
        let start = Barrier::new(bodies.len());
        std::thread::scope(|scope| {
            for body in &bodies {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(patch(&app, &registered, body).status, 200);
                });
            }
        });
        assert_eq!(me(&app, &registered), wanted, "round {round}");
    }
}

#[test]
fn only_the_callers_account_changes_and_only_with_a_live_session() {
    let app = TestApp::start();
    let amina = register(&app, "user", "amina@example.com");
    let samir = register(&app, "user", "samir@example.com");
    let before = me(&app, &samir);
    assert_eq!(patch(&app, &amina, &json!({ "address": "Oran" })).status, 200);
    assert_eq!(me(&app, &samir), before);

    let _ = app.post("/api/token/blacklist", &json!({ "refresh": amina.text_at("refresh") }));
    for body in [json!({}), json!({ "address": "Alger" }), json!({ "address": 7 })] {
        assert_problem(&patch(&app, &amina, &body), 401, "token_not_valid", "ended");
    }
    let again = log_in(&app, "user", "amina@example.com");
    assert_eq!(me(&app, &again)["address"], "Oran");

    app.pass(Duration::from_mins(5));
    assert_problem(&patch(&app, &samir, &json!({})), 401, "token_not_valid", "expired");
    let request = app.request(Method::PATCH, "/api/me").header("Content-Type", "application/json");
    assert_problem(&app.send(request.body("{}").unwrap()), 401, "token_not_valid", "no token");
}
