//! JSON merge patches: the cases of RFC 7396, appendix A, applied to an account.

use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::{assert_changed, at, me, patch, patch_text};
use crate::support::{ROLES, assert_fields, assert_problem, profile_path, register, with};

#[test]
fn members_are_added_replaced_and_removed_and_the_others_are_unchanged() {
    let app = TestApp::start();
    let doctor = register(&app, "doctor", "khalido@example.com");
    let mut account = me(&app, &doctor);
    assert!(account["profile"]["blood_type"].is_null(), "the samples have no blood type");
    let cases: [(Value, &[(&str, Value)]); 13] = [
        (json!({ "bio": "Cardiologue" }), &[("bio", json!("Cardiologue"))]),
        (json!({ "profile": { "blood_type": "A+" } }), &[("profile.blood_type", json!("A+"))]),
        (json!({ "bio": null }), &[("bio", Value::Null)]),
        (json!({ "bio": null }), &[]),
        (
            json!({ "profile": { "address": "Oran", "blood_type": null } }),
            &[("profile.address", json!("Oran")), ("profile.blood_type", Value::Null)],
        ),
        (
            json!({ "profile": { "emergency_numbers": ["14", "17"] } }),
            &[("profile.emergency_numbers", json!(["14", "17"]))],
        ),
        (
            json!({ "profile": { "emergency_numbers": ["1021"] } }),
            &[("profile.emergency_numbers", json!(["1021"]))],
        ),
        (json!({ "profile": { "emergency_numbers": [null] } }), &[("profile.emergency_numbers", json!([]))]),
        (
            json!({ "profile": { "emergency_numbers": ["14"] } }),
            &[("profile.emergency_numbers", json!(["14"]))],
        ),
        (json!({ "profile": { "emergency_numbers": "" } }), &[("profile.emergency_numbers", json!([]))]),
        (json!({ "isPrivee": " " }), &[("isPrivee", json!(false))]),
        (json!({ "bio": "—" }), &[]),
        (json!({ "a": { "bb": { "ccc": null } }, "profile": { "a": { "bb": [1] } } }), &[]),
    ];
    for (body, changes) in cases {
        for (path, value) in changes {
            account = with(account, path, value.clone());
        }
        assert_changed(&app, &doctor, &body, &account);
    }
}

#[test]
fn a_name_in_arabic_script_is_added_replaced_and_removed() {
    let app = TestApp::start();
    for role in ROLES {
        let is_person = ["user", "doctor"].contains(&role);
        let path = &if is_person { profile_path(role, "last_name_ar") } else { "name_ar".to_owned() };
        let registered = register(&app, role, &format!("{role}@example.com"));
        let account = me(&app, &registered);
        for name in ["الهضاب", "الهضبة"] {
            assert_changed(&app, &registered, &at(path, name), &with(account.clone(), path, name));
        }
        assert_fields(&patch(&app, &registered, &at(path, "Hodna")), &[(path.as_str(), "malformed")], role);
        for nothing in [json!(""), json!(null)] {
            assert_changed(&app, &registered, &at(path, nothing), &account);
            assert_changed(&app, &registered, &at(path, "الهضاب"), &with(account.clone(), path, "الهضاب"));
        }
    }
}

#[test]
fn a_birth_date_becomes_presumed_and_full_again() {
    let app = TestApp::start();
    for role in ROLES {
        let path = &profile_path(role, "birth_date");
        let registered = register(&app, role, &format!("{role}@example.com"));
        let account = me(&app, &registered);
        for date in ["1942", "1942-01", "1942-01-01", "1942"] {
            let wanted = with(account.clone(), path, date);
            assert_changed(&app, &registered, &at(path, date), &wanted);
            // The own document, sent back.
            assert_changed(&app, &registered, &wanted, &wanted);
        }
    }
}

#[test]
fn a_value_of_another_type_replaces_the_stored_one_and_is_refused() {
    let app = TestApp::start();
    let doctor = register(&app, "doctor", "khalido@example.com");
    let account = me(&app, &doctor);
    let cases: [(Value, &[(&str, &str)]); 7] = [
        (json!({ "bio": ["b"] }), &[("bio", "wrong_type")]),
        (json!({ "bio": {} }), &[("bio", "wrong_type")]),
        (json!({ "bio": { "bb": { "ccc": null } } }), &[("bio", "wrong_type")]),
        (json!({ "profile": { "address": { "bb": null } } }), &[("profile.address", "wrong_type")]),
        (json!({ "profile": { "emergency_numbers": "14" } }), &[("profile.emergency_numbers", "wrong_type")]),
        // A merge patch cannot change one entry of a list.
        (
            json!({ "profile": { "emergency_numbers": { "0": "14" } } }),
            &[("profile.emergency_numbers", "wrong_type")],
        ),
        (
            json!({ "profile": { "emergency_numbers": ["14", [1]] } }),
            &[("profile.emergency_numbers.1", "wrong_type")],
        ),
    ];
    for (body, errors) in cases {
        assert_fields(&patch(&app, &doctor, &body), errors, &body.to_string());
    }
    assert_eq!(me(&app, &doctor), account);
}

#[test]
fn a_deeply_nested_member_is_ignored_and_one_nested_deeper_still_is_malformed() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let account = me(&app, &registered);
    let nested = |depth: usize| format!("{}null{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let token = registered.text_at("access");
    let answer = patch_text(&app, token, "application/merge-patch+json", &nested(100));
    assert_eq!((answer.status, &answer.json), (200, &account), "{}", answer.text);
    let answer = patch_text(&app, token, "application/merge-patch+json", &nested(10_000));
    assert_problem(&answer, 400, "malformed_json", "10,000 levels");
}

#[test]
fn both_content_types_are_accepted_and_a_body_must_be_a_small_json_object() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    for content_type in
        ["application/merge-patch+json", "application/json", "application/merge-patch+json; charset=utf-8"]
    {
        assert_eq!(patch_text(&app, token, content_type, "{}").status, 200, "{content_type}");
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "application/vnd.sihha+json",
        "application/problem+json",
    ] {
        let answer = patch_text(&app, token, content_type, "{}");
        assert_problem(&answer, 415, "unsupported_media_type", content_type);
        assert_eq!(answer.header("Accept-Patch"), "application/merge-patch+json, application/json");
    }
    for body in ["", "{", "[]", "7", "null", "\"text\"", r#"[{"op": "remove", "path": "/email"}]"#] {
        let answer = patch_text(&app, token, "application/json", body);
        assert_problem(&answer, 400, "malformed_json", body);
    }
    let huge = json!({ "address": "x".repeat(64 * 1024) }).to_string();
    assert_problem(&patch_text(&app, token, "application/json", &huge), 413, "payload_too_large", "huge");
    let twice = r#"{"address": "Oran", "address": "Alger"}"#;
    assert_eq!(
        patch_text(&app, token, "application/json", twice).json["address"],
        "Alger",
        "the last duplicate is used"
    );
}
