//! The members of registrations: the OpenAPI document allows what the domain accepts.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::*;
use crate::openapi::examples;
use crate::routes::openapi_json;

/// Texts that are near to those of all members, without white space at the ends and characters for
/// which the rules are known to differ.
const NEAR: &str = r"[ -~]{0,8}|[ -~éعمـ١\n\x01\x0b\x0c\u{85}\u{2028}]{0,8}|[-—…._/ـ]{0,3}|[0-9 ()+/-]{0,8}|(1[89]|2[01])[0-9]{2}(-[01][0-9](-[0-3][0-9])?)?";

/// Members whose rules are wider than their patterns.
const WIDER: [&str; 2] = ["email", "image"];

/// Member whose pattern has no list: which codes exist is reference data.
const CODE: &str = "commune";

/// A member of a request.
struct Member {
    /// JSON pointer of the object that has it.
    parent: &'static str,
    name: String,
    schema: Value,
    is_required: bool,
}

/// Returns the members of the request `name`, and those of its profile.
fn members(name: &str) -> Vec<Member> {
    let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let schemas = &document["components"]["schemas"];
    let profile = schemas[name]["properties"]["profile"]["$ref"].as_str();
    let profile = profile.and_then(|reference| Some(("/profile", reference.rsplit_once('/')?.1)));
    let mut members = Vec::new();
    for (parent, name) in [("", name)].into_iter().chain(profile) {
        let required = schemas[name]["required"].as_array().expect("a list");
        for (name, schema) in schemas[name]["properties"].as_object().expect("members") {
            let is_required = required.contains(&json!(name));
            let mut schema = schema.clone();
            // For its references.
            schema["components"] = document["components"].clone();
            members.push(Member { parent, name: name.clone(), schema, is_required });
        }
    }
    members
}

/// Returns whether the example of a request to `path` is accepted with this value of the member.
///
/// It is sent in 2050 and in 2099. One of them accepts each date that the document allows: it is
/// neither in the future nor too long ago.
fn is_accepted<R: AccountRequest>(path: &str, member: &Member, value: Value) -> bool {
    let mut body = examples::request(path);
    body.pointer_mut(member.parent).expect("an object")[&member.name] = value;
    let days = [(2050, 1, 1), (2099, 12, 31)];
    days.into_iter().filter_map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day)).any(|today| {
        R::deserialize(&body).is_ok_and(|request| request.registration(today, Language::OF_ACCOUNTS).is_ok())
    })
}

/// Asserts that a text is accepted if and only if it obeys its schema, and that every optional
/// member may be an empty one.
fn assert_documented<R: AccountRequest>(name: &str, path: &str) {
    for member in members(name) {
        let validator = jsonschema::validator_for(&member.schema).expect("a schema");
        if !member.is_required {
            assert!(validator.is_valid(&json!("")), "{}", member.name);
            assert!(is_accepted::<R>(path, &member, json!("")), "{}", member.name);
        }
        let Some(pattern) = member.schema["pattern"].as_str().filter(|_| member.name != CODE) else {
            continue;
        };
        let allowed = string_regex(&pattern[1..pattern.len() - 1]).expect("a pattern");
        let texts = prop_oneof![allowed, string_regex(NEAR).expect("a pattern")];
        let check = |text: String| {
            // A pattern cannot name the characters beyond U+FFFF that are refused.
            let text: String = text.trim().chars().filter(|c| u32::from(*c) < 0x1_fffe).collect();
            let is_allowed = validator.is_valid(&json!(text));
            if is_allowed || !WIDER.contains(&member.name.as_str()) {
                let is_accepted = is_accepted::<R>(path, &member, json!(text));
                prop_assert_eq!(is_accepted, is_allowed, "{}: {:?}", member.name, text);
            }
            Ok(())
        };
        let mut runner =
            TestRunner::new(Config { cases: 128, failure_persistence: None, ..Config::default() });
        runner.run(&texts, check).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_document_allows_what_a_registration_of_a_patient_accepts() {
    assert_documented::<PatientRequest>("RegisterPatientRequest", "/api/user/register");
}

#[test]
fn the_document_allows_what_a_registration_of_a_doctor_accepts() {
    assert_documented::<DoctorRequest>("RegisterDoctorRequest", "/api/doctor/register");
}

#[test]
fn the_document_allows_what_a_registration_of_a_hospital_accepts() {
    assert_documented::<HospitalRequest>("RegisterHospitalRequest", "/api/hospital/register");
}

#[test]
fn the_document_allows_what_a_registration_of_a_labo_accepts() {
    assert_documented::<LaboRequest>("RegisterLaboRequest", "/api/labo/register");
}
