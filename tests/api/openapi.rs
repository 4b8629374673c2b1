//! The OpenAPI document is true, whole, and the one that is checked in.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::TestApp;
use ureq::http::Method;

fn document() -> Value {
    serde_json::from_str(&sihha_api::openapi::json()).unwrap()
}

/// Every operation: its method in capitals, its path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
        })
        .collect();
    assert!(operations.len() >= 12, "{}", operations.len());
    operations
}

/// The contract's cases that have a request.
fn cases() -> Vec<Value> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/cases");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file| serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap();
    let cases: Vec<_> = files.iter().map(read).filter(|case| case["request"].is_object()).collect();
    assert_eq!(cases.len(), 9);
    cases
}

fn path_of(case: &Value) -> &str {
    case["request"]["path"].as_str().unwrap().trim_end_matches('/')
}

#[test]
fn the_copy_that_is_checked_in_is_up_to_date() {
    let copy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let copy = fs::read_to_string(copy).expect("docs/openapi.json: run `make openapi`");
    assert!(copy == sihha_api::openapi::json(), "docs/openapi.json is stale: run `make openapi`");
}

#[test]
fn the_service_serves_it_as_openapi_3_1() {
    let app = TestApp::start();
    let answer = app.get("/openapi.json");
    assert_eq!((answer.status, answer.header("Content-Type")), (200, "application/json"));
    assert_eq!(answer.text, sihha_api::openapi::json());
    let version = answer.text_at("openapi");
    assert!(version.starts_with("3.1."), "{version}");
}

#[test]
fn every_operation_exists() {
    let app = TestApp::start();
    for (method, path, _) in operations(&document()) {
        let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
        let answer = if method == "GET" {
            app.send(request.body(()).unwrap())
        } else {
            app.send(request.header("Content-Type", "application/json").body("{}").unwrap())
        };
        assert!(![404, 405].contains(&answer.status), "{method} {path}: {}", answer.text);
    }
}

#[test]
fn every_operation_says_what_it_is_who_may_use_it_and_what_can_go_wrong() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        for member in ["summary", "operationId"] {
            assert!(operation[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: {member}");
        }
        assert!(operation["security"].is_array(), "{name}: security");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{name}: {status} has no description");
            // Every error is a problem document, but for the contract's words to who waits.
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let waiting = status == "404" && path.ends_with("/login");
            if status.starts_with(['4', '5']) && !waiting {
                assert_eq!(problem, "#/components/schemas/Problem", "{name}: {status}");
            }
        }
        let mut errors = match path.rsplit('/').next() {
            Some("register") => vec!["201", "400", "408", "409", "413", "415", "503"],
            Some("login" | "refresh" | "verify") => vec!["200", "400", "401", "408", "413", "415", "503"],
            Some("me") => vec!["200", "401", "503"],
            Some("blacklist") => vec!["200", "400", "408", "413", "415", "503"],
            Some("password") => vec!["204", "400", "401", "408", "413", "415", "503"],
            Some("sessions") => vec!["401", "503"],
            Some("{id}") => vec!["204", "401", "404", "503"],
            Some("ready") => vec!["200", "503"],
            _ => vec!["200"],
        };
        if path.ends_with("/login") && path != "/api/user/login" {
            errors.push("404");
        }
        if method == "PATCH" {
            errors.extend(["400", "408", "413", "415"]);
        }
        errors.retain(|status| !responses.contains_key(*status));
        assert!(errors.is_empty(), "{name} does not document {errors:?}");
    }
}

#[test]
fn who_may_use_an_operation_is_true() {
    let app = TestApp::start();
    let document = document();
    for (method, path, operation) in operations(&document) {
        let guarded = operation["security"] == json!([{ "access": [] }]);
        assert!(guarded || operation["security"] == json!([{}]), "{}", operation["security"]);
        if method == "GET" {
            assert_eq!(app.get(path).status == 401, guarded, "{path}");
        }
    }
    let scheme = &document["components"]["securitySchemes"]["access"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
}

#[test]
fn every_reference_in_it_leads_somewhere() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.trim_start_matches('#');
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|value| check(document, value));
            }
            Value::Array(entries) => entries.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }
    check(&document(), &document());
}

#[test]
fn a_patch_has_the_members_of_every_roles_registration_and_needs_none() {
    fn names(schema: &Value) -> Vec<&str> {
        let mut names: Vec<_> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
    let document = document();
    let patch = &document["components"]["schemas"]["AccountPatchRequest"];
    let personal =
        ["address", "birth_date", "blood_type", "emergency_numbers", "first_name", "gender", "image"];
    let profile = [personal.as_slice(), &["last_name", "numero_tel"]].concat();
    assert_eq!(names(&patch["properties"]["profile"]), profile);
    let mut own = vec!["bio", "doctor_address", "hospital_address", "hospital_number", "isPrivee"];
    own.extend(["labo_address", "labo_number", "married", "name", "profile", "specialite"]);
    let mut all = [profile, own].concat();
    all.sort_unstable();
    assert_eq!(names(patch), all);
    assert!(!patch.to_string().contains("\"required\""), "{patch}");
}

#[test]
fn the_examples_of_requests_are_the_contracts() {
    let document = document();
    let cases = cases();
    for (method, path, operation) in operations(&document).into_iter().filter(|(method, ..)| method == "POST")
    {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let mut of_path = cases.iter().filter(|case| path_of(case) == path);
        // The contract has none for these.
        let own = (path.starts_with("/api/token/") || path == "/api/me/password") && example.is_object();
        assert!(own || of_path.any(|case| &case["request"]["json"] == example), "{method} {path}: {example}");
    }
}

#[test]
fn every_answer_of_the_contract_has_an_example() {
    let document = document();
    for case in cases().iter().filter(|case| !case["response"]["json"].is_null()) {
        let status = case["response"]["status"].to_string();
        let response = &document["paths"][path_of(case)]["post"]["responses"][&status];
        let example = &response["content"]["application/json"]["example"];
        assert!(!example.is_null(), "{}: {status} has no example", path_of(case));
        assert_eq!(example.is_string(), case["response"]["json"].is_string(), "{}: {status}", path_of(case));
    }
}

#[test]
fn who_tries_the_examples_registers_and_logs_in() {
    let app = TestApp::start();
    let document = document();
    let example = |path: &str| {
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"].clone()
    };
    for role in Role::ALL {
        let [register, login] =
            ["register", "login"].map(|action| format!("/api/{}/{action}", role.as_str()));
        let answer = app.post(&register, &example(&register));
        assert_eq!(answer.status, 201, "{register}: {}", answer.text);
        let credentials = example(&login);
        if role.needs_approval() {
            app.approve(role, credentials["email"].as_str().unwrap());
        }
        let answer = app.post(&login, &credentials);
        assert_eq!(answer.status, 200, "{login}: {}", answer.text);
    }
}

#[test]
fn no_answer_has_a_status_that_the_document_does_not_tell() {
    let app = TestApp::start();
    let document = document();
    for (method, path, operation) in operations(&document).into_iter().filter(|(method, ..)| method == "POST")
    {
        let example = operation["requestBody"]["content"]["application/json"]["example"].to_string();
        let bodies = ["{", "{}", "[]", example.as_str(), example.as_str(), &" ".repeat(70_000)];
        let mut answers: Vec<_> = bodies.iter().map(|body| app.post_text(path, body)).collect();
        answers.push(app.send(app.request(Method::POST, path).body("{}").unwrap()));
        for answer in answers {
            let documented = operation["responses"].get(answer.status.to_string()).is_some();
            assert!(documented, "{method} {path} answered {}: {}", answer.status, answer.text);
        }
    }
}
