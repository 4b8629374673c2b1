//! The OpenAPI document is correct, complete and identical to `docs/openapi.json`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::TestApp;
use ureq::http::Method;

use crate::support::operations;

fn document() -> Value {
    serde_json::from_str(&sihha_api::openapi_json()).unwrap()
}

/// Returns the contract's cases that have a request.
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
    assert!(copy == sihha_api::openapi_json(), "docs/openapi.json is stale: run `make openapi`");
}

#[test]
fn the_service_serves_it_as_openapi_3_1() {
    let app = TestApp::start();
    let answer = app.get("/openapi.json");
    assert_eq!((answer.status, answer.header("Content-Type")), (200, "application/json"));
    assert_eq!(answer.text, sihha_api::openapi_json());
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
fn every_operation_documents_its_purpose_and_its_errors() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        for member in ["summary", "operationId"] {
            assert!(operation[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: {member}");
        }
        assert!(operation["security"].is_array(), "{name}: security");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            let response = resolved(&document, response);
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{name}: {status} has no description");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{name}: {status}");
            let says_when = ["429", "503"].contains(&status.as_str());
            assert_eq!(response["headers"]["Retry-After"].is_object(), says_when, "{name}: {status}");
            // A token of another scope is refused with a challenge too (RFC 6750 §3.1).
            let has_challenge = status == "401" || response.to_string().contains("insufficient_scope");
            assert_eq!(
                response["headers"]["WWW-Authenticate"].is_object(),
                has_challenge,
                "{name}: {status}"
            );
            // Every error is a problem document, except for the contract's text for accounts that
            // await approval.
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let waiting = status == "404" && !path.contains("/me");
            if !status.starts_with('2') && status != "304" && !waiting {
                assert_eq!(problem, "#/components/schemas/Problem", "{name}: {status}");
            }
        }
        let body = ["400", "408", "413", "415", "503", "default"];
        let is_for_staff = path.starts_with("/api/staff/");
        let mut wanted = match path.rsplit('/').next() {
            Some("login") if is_for_staff => [&["200", "401"], &body[..]].concat(),
            _ if is_for_staff => vec!["401", "403", "503", "default"],
            Some("register") => [&["201", "409", "422"], &body[..]].concat(),
            Some("login" | "token") => [&["200", "401", "403"], &body[..]].concat(),
            Some("verify" | "revert") if path.starts_with("/api/email/") => {
                [&["204", "409"], &body[..]].concat()
            }
            Some("email" | "forgot") => [&["202"], &body[..]].concat(),
            Some("verification") => vec!["202", "401", "503", "default"],
            Some("reset") => [&["204"], &body[..]].concat(),
            _ if path.starts_with("/auth/users/") => [&["204"], &body[..]].concat(),
            Some("refresh" | "verify") => [&["200", "401"], &body[..]].concat(),
            Some("blacklist") => [&["200"], &body[..]].concat(),
            Some("me") => vec!["200", "401", "412", "503", "default"],
            Some("password") => [&["204", "401", "422"], &body[..]].concat(),
            Some("sessions") => vec!["401", "503", "default"],
            Some("{id}") => vec!["204", "401", "404", "503", "default"],
            Some("ready") => vec!["200", "503", "default"],
            _ => vec!["200", "default"],
        };
        if ["login", "token"].iter().any(|end| path.ends_with(end))
            && path != "/api/user/login"
            && !is_for_staff
        {
            wanted.push("404");
        }
        let takes_a_secret = ["login", "token", "revert", "reset"].iter().any(|end| path.ends_with(end))
            || ["/api/application/status", "/api/email/verify", "/api/me/email", "/api/me/password"]
                .contains(&path);
        if takes_a_secret {
            wanted.push("429");
        }
        if method == "PATCH" {
            wanted.extend(body);
        }
        wanted.retain(|status| !responses.contains_key(*status));
        assert!(wanted.is_empty(), "{name} does not document {wanted:?}");
    }
}

/// Returns the target of `value` if it is a reference, or else `value`.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str();
    reference.map_or(value, |reference| document.pointer(reference.trim_start_matches('#')).unwrap())
}

#[test]
fn every_example_of_an_error_has_its_status_and_its_code_as_name() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = &resolved(&document, response)["content"]["application/problem+json"];
            for (code, example) in content["examples"].as_object().into_iter().flatten() {
                let case = format!("{method} {path}: {status} {code}");
                assert_eq!(example["value"]["code"], *code, "{case}");
                let wanted = if status == "default" { "500" } else { status };
                assert_eq!(example["value"]["status"].to_string(), wanted, "{case}");
            }
        }
    }
}

#[test]
fn tokens_are_documented_as_bearer_tokens() {
    let document = document();
    let scheme = &document["components"]["securitySchemes"]["access"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
    assert_eq!(document["servers"], json!([{ "url": "." }]));
}

#[test]
fn a_request_body_has_one_media_type() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let media_types: Vec<_> = operation["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .collect();
        let wanted = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        assert!(media_types.is_empty() || media_types == [wanted], "{method} {path}: {media_types:?}");
    }
}

#[test]
fn every_reference_has_a_target() {
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
fn a_patch_has_the_members_of_all_registrations_and_requires_none() {
    fn names(schema: &Value) -> Vec<&str> {
        let mut names: Vec<_> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
    let document = document();
    let patch = &document["components"]["schemas"]["AccountPatchRequest"];
    let personal = [
        "address",
        "birth_date",
        "blood_type",
        "emergency_numbers",
        "first_name",
        "first_name_ar",
        "gender",
        "identifiers",
        "image",
    ];
    let profile = [personal.as_slice(), &["language", "last_name", "last_name_ar", "numero_tel"]].concat();
    assert_eq!(names(&patch["properties"]["profile"]), profile);
    let mut own = vec!["bio", "doctor_address", "hospital_address", "hospital_number", "isPrivee"];
    own.extend(["labo_address", "labo_number", "married", "name", "name_ar", "profile", "specialite"]);
    own.extend(["wilaya", "commune", "facility_type"]);
    let mut all = [profile, own].concat();
    all.sort_unstable();
    assert_eq!(names(patch), all);
    assert!(!patch.to_string().contains("\"required\""), "{patch}");
}

#[test]
fn the_examples_of_requests_are_from_the_contract() {
    let document = document();
    let cases = cases();
    for (method, path, operation) in operations(&document).into_iter().filter(|(method, ..)| method == "POST")
    {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let mut of_path = cases.iter().filter(|case| path_of(case) == path);
        if operation.get("requestBody").is_none() {
            continue;
        }
        // The contract has no cases for these paths.
        let outside = path.starts_with("/api/token")
            || path.starts_with("/api/staff/")
            || path.starts_with("/auth/users/")
            || path.starts_with("/api/email/")
            || path.starts_with("/api/password/")
            || ["/api/me/email", "/api/application/status", "/api/me/password", "/api/login"].contains(&path);
        let own = outside && example.is_object();
        // Except for members that are ignored.
        let holds = |case: &Value| {
            let mut members = example.as_object().into_iter().flatten();
            members.all(|(name, value)| case["request"]["json"][name] == *value)
        };
        assert!(own || example.is_object() && of_path.any(holds), "{method} {path}: {example}");
    }
}

#[test]
fn every_response_of_the_contract_has_an_example() {
    let document = document();
    for case in cases().iter().filter(|case| !case["response"]["json"].is_null()) {
        let status = case["response"]["status"].to_string();
        let response = resolved(&document, &document["paths"][path_of(case)]["post"]["responses"][&status]);
        let content = match response["content"].get("application/json") {
            Some(content) => content,
            None => &response["content"]["application/problem+json"],
        };
        let example = content.get("example").unwrap_or_else(|| {
            let (_, example) = content["examples"].as_object().unwrap().iter().next().unwrap();
            &example["value"]
        });
        assert!(!example.is_null(), "{}: {status} has no example", path_of(case));
        assert_eq!(example.is_string(), case["response"]["json"].is_string(), "{}: {status}", path_of(case));
    }
}

#[test]
fn the_examples_register_and_log_in() {
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
