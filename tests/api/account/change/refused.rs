//! Rejected changes. The account is unchanged.

use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::{at, me, patch};
use crate::support::{ROLES, assert_fields, log_in, profile_path, register, with};

/// Returns the members of a role that cannot be cleared.
fn required(role: &str) -> &'static [&'static str] {
    match role {
        "user" => &["first_name", "last_name", "birth_date", "numero_tel", "gender"],
        "doctor" => &[
            "profile.first_name",
            "profile.last_name",
            "profile.birth_date",
            "profile.numero_tel",
            "profile.gender",
            "specialite",
        ],
        "hospital" => &["name", "hospital_number", "hospital_address"],
        _ => &["name", "labo_number", "labo_address"],
    }
}

#[test]
fn required_members_cannot_be_cleared() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        let account = me(&app, &registered);
        for path in required(role) {
            for empty in [Value::Null, json!("")] {
                assert_fields(&patch(&app, &registered, &at(path, empty)), &[(path, "required")], role);
            }
        }
        if role != "user" {
            let answer = patch(&app, &registered, &json!({ "profile": null }));
            assert_fields(&answer, &[("profile", "required")], role);
        }
        assert_eq!(me(&app, &registered), account, "{role}: the account is unchanged");
    }
}

#[test]
fn all_errors_are_reported_together_and_nothing_is_changed() {
    let app = TestApp::start();
    let doctor = register(&app, "doctor", "khalido@example.com");
    let account = me(&app, &doctor);
    let body = json!({
        "profile": {
            "first_name": "a\u{7}b", "last_name": 7, "birth_date": "2027-01-01", "numero_tel": "call me",
            "address": ["x"], "blood_type": "C+", "gender": null, "image": "javascript:alert(1)",
            "emergency_numbers": ["14", "none", 7, "", null], "email": "thief@example.com",
        },
        "specialite": "ASTROLOGIE", "bio": "x".repeat(5001), "isPrivee": "no", "address": "\u{0}",
        "doctor_address": "Alger", "is_approved": true,
    });
    let wanted = [
        ("profile.first_name", "control_character"),
        ("profile.last_name", "wrong_type"),
        ("profile.birth_date", "in_future"),
        ("profile.numero_tel", "malformed"),
        ("profile.address", "wrong_type"),
        ("profile.blood_type", "unknown_choice"),
        ("profile.gender", "required"),
        ("profile.image", "malformed"),
        ("profile.emergency_numbers.1", "malformed"),
        ("profile.emergency_numbers.2", "wrong_type"),
        ("profile.email", "read_only"),
        ("specialite", "unknown_choice"),
        ("bio", "too_long"),
        ("isPrivee", "wrong_type"),
        ("address", "control_character"),
        ("is_approved", "read_only"),
    ];
    assert_fields(&patch(&app, &doctor, &body), &wanted, "doctor");
    assert_eq!(me(&app, &doctor), account);

    let labo = register(&app, "labo", "labo@example.com");
    let body = json!({
        "profile": { "gender": "Other", "emergency_numbers": vec!["14"; 11] },
        "name": "before\u{202e}after", "labo_number": "x", "labo_address": "x".repeat(501),
    });
    let wanted = [
        ("profile.gender", "unknown_choice"),
        ("profile.emergency_numbers", "too_many"),
        ("name", "control_character"),
        ("labo_number", "malformed"),
        ("labo_address", "too_long"),
    ];
    assert_fields(&patch(&app, &labo, &body), &wanted, "labo");
    for profile in [json!("x"), json!([]), json!(7)] {
        let answer = patch(&app, &labo, &json!({ "profile": profile }));
        assert_fields(&answer, &[("profile", "wrong_type")], "profile");
    }
}

#[test]
fn read_only_members_are_reported_by_their_paths_and_are_unchanged() {
    let app = TestApp::start();
    for role in ROLES {
        let email = format!("{role}@example.com");
        let registered = register(&app, role, &email);
        let account = me(&app, &registered);
        let mut cases: Vec<_> =
            [("email", "new@example.com"), ("carte_id", "NEW1"), ("id", "1"), ("password", "12345678")]
                .map(|(name, value)| (profile_path(role, name), json!(value)))
                .into();
        for name in ["is_approved", "role", "isPatient", "isDoctor", "isHospital", "isLabo", "isLabOorRad"] {
            cases.push((name.to_owned(), json!("staff")));
        }
        // Also at paths that a registration of the role ignores.
        cases.push(("email".to_owned(), json!("new@example.com")));
        cases.push(("profile.password".to_owned(), json!("12345678")));
        cases.push((profile_path(role, "email"), Value::Null));
        if ["hospital", "labo"].contains(&role) {
            cases.push(("profile.first_name".to_owned(), json!("Amina")));
            cases.push(("profile.last_name".to_owned(), json!("Haddad")));
        }
        for (path, value) in cases {
            let answer = patch(&app, &registered, &with(at(&path, value), "address", "Oran"));
            assert_fields(&answer, &[(&path, "read_only")], &format!("{role}: {path}"));
        }
        assert_eq!(me(&app, &registered), account, "{role}");
        if role == "user" {
            assert_eq!(log_in(&app, role, &email).status, 200, "the password is the same");
        }
    }
}

#[test]
fn an_account_cannot_approve_itself() {
    let app = TestApp::start();
    for role in ["doctor", "hospital", "labo"] {
        let registered = register(&app, role, &format!("{role}@example.com"));
        for value in [json!(true), json!("true"), json!(1), Value::Null] {
            let answer = patch(&app, &registered, &json!({ "is_approved": value }));
            assert_fields(&answer, &[("is_approved", "read_only")], role);
        }
        assert_eq!(me(&app, &registered)["is_approved"], false, "{role}");
    }
}
