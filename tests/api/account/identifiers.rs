//! Identifiers besides the card number, in registrations and changes.

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};

use super::change::{me, patch};
use crate::support::{ROLES, assert_fields, assert_problem, profile_path, register, send_registration, with};

const NIN: &str = "109850116000123456";

/// Returns the registration of the sample of `role` with these identifiers.
fn registration(role: &str, email: &str, identifiers: Value) -> Value {
    with(samples::registration(role, email), &profile_path(role, "identifiers"), identifiers)
}

fn post(app: &TestApp, role: &str, email: &str, identifiers: Value) -> Response {
    app.post(&format!("/api/{role}/register"), &registration(role, email, identifiers))
}

fn change(app: &TestApp, role: &str, registered: &Response, identifiers: Value) -> Response {
    patch(app, registered, &with(json!({}), &profile_path(role, "identifiers"), identifiers))
}

/// Returns the identifiers in an account of `role`; null if the member is absent.
fn identifiers<'a>(role: &str, account: &'a Value) -> &'a Value {
    let profile = if role == "user" { account } else { &account["profile"] };
    &profile["identifiers"]
}

/// Checks that the response reports only the identifier at this position as taken.
#[track_caller]
fn assert_taken(answer: &Response, role: &str, position: usize, case: &str) {
    assert_problem(answer, 409, "taken", case);
    let path = profile_path(role, &format!("identifiers.{position}.value"));
    assert_eq!(answer.field_paths(), [path.as_str()], "{case}");
    assert_eq!(answer.field_codes(&path), ["taken"], "{case}");
}

#[test]
fn accounts_of_all_roles_have_identifiers_as_they_were_typed_in_the_order_of_systems() {
    let app = TestApp::start();
    for (number, role) in ROLES.into_iter().enumerate() {
        let sent = json!([
            { "system": "other", "value": format!("P-{number} \u{200f}"), "unknown": 1 },
            { "system": "cnom", "value": format!("16/000{number}") },
            { "system": " nin ", "value": format!(" ١ 0985 0116-0001 2345{number}") },
        ]);
        let wanted = json!([
            { "system": "nin", "value": format!("١ 0985 0116-0001 2345{number}") },
            { "system": "cnom", "value": format!("16/000{number}") },
            { "system": "other", "value": format!("P-{number}") },
        ]);
        let body = registration(role, &format!("{role}@example.com"), sent);
        let registered = send_registration(&app, role, &body);
        assert_eq!(*identifiers(role, &registered.json), wanted, "{role}");
        assert_eq!(*identifiers(role, &me(&app, &registered)), wanted, "{role}");
    }
}

#[test]
fn an_account_without_identifiers_has_no_such_member() {
    let app = TestApp::start();
    for (number, empty) in [Value::Null, json!([]), json!(""), json!("-")].into_iter().enumerate() {
        let body = registration("user", &format!("u{number}@example.com"), empty.clone());
        let account = me(&app, &send_registration(&app, "user", &body));
        assert!(!account.as_object().unwrap().contains_key("identifiers"), "{empty}");
    }
}

#[test]
fn invalid_identifiers_are_reported_by_their_paths() {
    let app = TestApp::start();
    let nin = |value: &str| json!([{ "system": "nin", "value": value }]);
    let cases = [
        (json!(NIN), "", "wrong_type"),
        (json!({ "system": "nin", "value": NIN }), "", "wrong_type"),
        (json!([NIN]), ".0", "wrong_type"),
        (json!([[]]), ".0", "wrong_type"),
        (json!([{ "value": NIN }]), ".0.system", "required"),
        (json!([{ "system": "", "value": NIN }]), ".0.system", "required"),
        (json!([{ "system": 1, "value": NIN }]), ".0.system", "wrong_type"),
        (json!([{ "system": "passport", "value": NIN }]), ".0.system", "unknown_choice"),
        (json!([{ "system": "NIN", "value": NIN }]), ".0.system", "unknown_choice"),
        (json!([{ "system": "nin" }]), ".0.value", "required"),
        (json!([{ "system": "nin", "value": null }]), ".0.value", "required"),
        (json!([{ "system": "nin", "value": 109_850_116 }]), ".0.value", "wrong_type"),
        (nin(" "), ".0.value", "required"),
        (nin("10985011600012345"), ".0.value", "too_short"),
        (nin("1098501160001234567"), ".0.value", "too_long"),
        (nin("10985011600012345X"), ".0.value", "malformed"),
        (nin("1098501160\n00123456"), ".0.value", "control_character"),
        (json!([null]), ".0", "required"),
        (json!([""]), ".0", "required"),
        (
            json!([{ "system": "cnom", "value": "16/1" }, { "system": "chifa", "value": "1234567" }]),
            ".1.value",
            "too_short",
        ),
        (json!([{ "system": "cnom", "value": "16" }]), ".0.value", "too_short"),
        (json!([{ "system": "facility", "value": "CHU_16" }]), ".0.value", "malformed"),
        (json!([{ "system": "other", "value": "x".repeat(41) }]), ".0.value", "too_long"),
        (
            json!([{ "system": "nin", "value": NIN }, { "system": "nin", "value": NIN }]),
            ".1.system",
            "duplicate",
        ),
        (json!(vec![json!({ "system": "nin", "value": "1" }); 7]), "", "too_many"),
    ];
    let registered = register(&app, "doctor", "khalido@example.com");
    for (sent, path, code) in cases {
        for role in ROLES {
            let path = profile_path(role, "identifiers") + path;
            let answer = post(&app, role, "amina@example.com", sent.clone());
            assert_fields(&answer, &[(&path, code)], &format!("{role}: {sent}"));
        }
        let path = format!("profile.identifiers{path}");
        let answer = change(&app, "doctor", &registered, sent.clone());
        assert_fields(&answer, &[(&path, code)], &format!("change: {sent}"));
    }
    let params = |identifiers: Value, path: &str| {
        post(&app, "user", "amina@example.com", identifiers).json["errors"][path][0]["params"].clone()
    };
    assert_eq!(params(nin("1"), "identifiers.0.value"), json!({ "min": 18 }));
    assert_eq!(params(nin("x"), "identifiers.0.value"), json!({ "format": "digits" }));
    let systems = json!({ "choices": ["nin", "ins", "chifa", "cnom", "facility", "other"] });
    assert_eq!(params(json!([{ "system": "x", "value": "1" }]), "identifiers.0.system"), systems);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profile_identifiers"), 0);
}

#[test]
fn all_errors_of_all_identifiers_are_reported_together() {
    let app = TestApp::start();
    let sent = json!([{ "system": "x" }, 7, { "system": "cnom", "value": "é" }, { "value": true }]);
    let wanted = [
        ("profile.identifiers.0.system", "unknown_choice"),
        ("profile.identifiers.0.value", "required"),
        ("profile.identifiers.1", "wrong_type"),
        ("profile.identifiers.2.value", "malformed"),
        ("profile.identifiers.3.system", "required"),
        ("profile.identifiers.3.value", "wrong_type"),
    ];
    assert_fields(&post(&app, "labo", "labo@example.com", sent), &wanted, "labo");
}

#[test]
fn an_identifier_is_taken_in_its_system_for_all_roles_regardless_of_spelling() {
    let app = TestApp::start();
    for (number, first) in ROLES.into_iter().enumerate() {
        let own = json!([{ "system": "facility", "value": format!("CHU-{number}") }]);
        let body = registration(first, &format!("{first}@example.com"), own);
        send_registration(&app, first, &body);
    }
    let rows = || app.database.number("SELECT count(*) AS n FROM profiles");
    for number in 0..ROLES.len() {
        for second in ROLES {
            for same in [format!("CHU-{number}"), format!("chu / {number}")] {
                let free = json!({ "system": "other", "value": format!("CHU-{number}") });
                let sent = json!([free, { "system": "facility", "value": same }]);
                assert_taken(&post(&app, second, "new@example.com", sent), second, 1, &same);
            }
        }
    }
    assert_eq!(rows(), 4, "a refused registration stores nothing");
    let other = json!([{ "system": "other", "value": "CHU-0" }]);
    assert_eq!(post(&app, "user", "new@example.com", other).status, 201, "of another system");
}

#[test]
fn a_change_replaces_the_identifiers_and_frees_those_that_it_removes() {
    let app = TestApp::start();
    for role in ROLES {
        let own = json!([{ "system": "nin", "value": NIN }, { "system": "cnom", "value": "16/1" }]);
        let registered =
            send_registration(&app, role, &registration(role, &format!("{role}@example.com"), own));

        let wanted = json!([{ "system": "ins", "value": NIN }, { "system": "cnom", "value": "16-1" }]);
        let changed = change(&app, role, &registered, wanted.clone());
        assert_eq!((changed.status, identifiers(role, &changed.json)), (200, &wanted), "{}", changed.text);
        assert_eq!(*identifiers(role, &me(&app, &registered)), wanted, "{role}");
        let freed = json!([{ "system": "nin", "value": NIN }]);
        let other =
            send_registration(&app, "user", &registration("user", &format!("{role}2@example.com"), freed));
        let again = json!([wanted[0], { "system": "nin", "value": NIN }]);
        assert_taken(&change(&app, role, &registered, again), role, 1, role);
        assert_eq!(*identifiers(role, &me(&app, &registered)), wanted, "nothing was changed");

        for (account, role, empty) in [(&registered, role, json!([])), (&other, "user", Value::Null)] {
            let changed = change(&app, role, account, empty);
            assert_eq!((changed.status, identifiers(role, &changed.json)), (200, &Value::Null), "{role}");
        }
    }
}

#[test]
fn an_identifier_that_stays_the_same_stays_verified() {
    let app = TestApp::start();
    let own = json!([{ "system": "nin", "value": NIN }, { "system": "cnom", "value": "16/1" }]);
    let registered = send_registration(&app, "user", &registration("user", "amina@example.com", own));
    app.database
        .execute("UPDATE profile_identifiers SET verified_at = now(), verified_by = 'Nadia'")
        .unwrap();
    let wanted = json!([{ "system": "nin", "value": NIN }, { "system": "cnom", "value": "16/2" }]);
    assert_eq!(change(&app, "user", &registered, wanted).status, 200);
    let retyped =
        json!([{ "system": "nin", "value": format!("{NIN} ") }, { "system": "cnom", "value": "16-2" }]);
    assert_eq!(change(&app, "user", &registered, retyped).status, 200);
    let verified =
        "SELECT count(*) AS n FROM profile_identifiers WHERE verified_by IS NOT NULL AND system = 'nin'";
    assert_eq!(app.database.number(verified), 1);
    let unverified =
        "SELECT count(*) AS n FROM profile_identifiers WHERE verified_at IS NULL AND system = 'cnom'";
    assert_eq!(app.database.number(unverified), 1);
}
