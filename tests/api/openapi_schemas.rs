//! The schemas of the OpenAPI document: they describe what the service sends, and give clients good
//! types.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use sihha_domain::account::{BloodType, FacilityType, Gender, Role, Specialite};
use sihha_domain::place::Wilaya;
use sihha_domain::session::EndReason;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{log_in, operations, register, with};

/// Returns the document, with no members allowed except the documented ones.
fn strict_document() -> Value {
    let mut document: Value = serde_json::from_str(&sihha_api::openapi_json()).unwrap();
    for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        if schema["type"] == "object" && schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
    }
    document
}

fn validator(document: &Value, schema: &Value) -> Validator {
    let mut root = schema.clone();
    root["components"] = document["components"].clone();
    jsonschema::options().should_validate_formats(true).build(&root).expect("a schema")
}

#[track_caller]
fn assert_valid(document: &Value, schema: &Value, value: &Value, case: &str) {
    let errors: Vec<_> = validator(document, schema)
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{case}: {errors:#?}\n{value:#}");
}

/// Collects every media type, header and parameter of `value`: all objects with a `schema`.
fn typed<'a>(value: &'a Value, path: &str, found: &mut Vec<(String, &'a Map<String, Value>)>) {
    match value {
        Value::Object(members) => {
            if members.get("schema").is_some_and(Value::is_object) {
                found.push((path.to_owned(), members));
            }
            members.iter().for_each(|(name, value)| typed(value, &format!("{path}/{name}"), found));
        }
        Value::Array(entries) => entries.iter().for_each(|value| typed(value, path, found)),
        _ => {}
    }
}

#[test]
fn every_example_matches_its_schema() {
    let document = strict_document();
    let mut found = Vec::new();
    typed(&document, "", &mut found);
    assert!(found.len() > 40, "{}", found.len());
    for (path, members) in found {
        let named = members.get("examples").and_then(Value::as_object).into_iter().flat_map(Map::values);
        let named = named.map(|example| &example["value"]);
        let examples: Vec<_> = members.get("example").into_iter().chain(named).collect();
        assert!(!path.contains("/content/") || !examples.is_empty(), "{path} has no example");
        for example in examples {
            assert_valid(&document, &members["schema"], example, &path);
        }
    }
}

/// Returns the documented response to `method path` with that status.
fn response<'a>(document: &'a Value, method: &str, path: &str, status: u16) -> &'a Value {
    let responses = &document["paths"][path][method.to_lowercase()]["responses"];
    let response = responses.get(status.to_string());
    let response = response.unwrap_or_else(|| panic!("{method} {path} does not document {status}"));
    let reference = response["$ref"].as_str();
    reference.map_or(response, |reference| document.pointer(reference.trim_start_matches('#')).unwrap())
}

/// Asserts that status, headers and body are as documented.
#[track_caller]
fn assert_documented(document: &Value, method: &str, path: &str, answer: &Response) {
    let case = format!("{method} {path} answered {}", answer.status);
    let response = response(document, method, path, answer.status);
    for name in response["headers"].as_object().unwrap().keys() {
        assert!(!answer.header(name).is_empty(), "{case} without {name}");
    }
    for name in ["Retry-After", "WWW-Authenticate", "Content-Language"] {
        let is_documented = response["headers"].get(name).is_some();
        assert_eq!(!answer.header(name).is_empty(), is_documented, "{case}: {name}");
    }
    if answer.text.is_empty() {
        assert!(response.get("content").is_none(), "{case} without a body");
        return;
    }
    let media_type = answer.header("Content-Type");
    let content = &response["content"][media_type];
    assert!(content.is_object(), "{case} as {media_type}");
    assert_valid(document, &content["schema"], &answer.json, &case);
}

#[test]
fn accounts_of_all_roles_are_as_documented() {
    let app = TestApp::start();
    let document = strict_document();
    for role in Role::ALL {
        let (name, email) = (role.as_str(), format!("{}@example.com", role.as_str()));
        let [register, login] = ["register", "login"].map(|action| format!("/api/{name}/{action}"));
        let sample = with(samples::registration(name, &email), "commune", "1621");
        let registered = app.post(&register, &with(sample, "facility_type", "chu"));
        assert_documented(&document, "POST", &register, &registered);
        let access = registered.text_at("access");
        let account = app.get_as(access, "/api/me");
        assert_documented(&document, "GET", "/api/me", &account);
        assert_documented(&document, "GET", "/api/me/sessions", &app.get_as(access, "/api/me/sessions"));
        if role.needs_approval() {
            let refused = app.post(&login, &samples::login(&email));
            assert_documented(&document, "POST", &login, &refused);
            app.approve(role, &email);
        }
        for path in [login.as_str(), "/api/login", "/api/token"] {
            let logged_in = app.post(path, &samples::login(&email));
            assert_documented(&document, "POST", path, &logged_in);
            assert_eq!((logged_in.status, &logged_in.json["expires_in"]), (200, &json!(300)), "{path}");
        }
        assert_eq!((registered.text_at("role"), account.text_at("role")), (name, name));
        assert_eq!(registered.json["expires_in"], 300);
    }
}

#[test]
fn an_ended_session_is_as_documented() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    let last = log_in(&app, "user", "amina@example.com");
    let access = last.text_at("access");
    let delete =
        app.request(Method::DELETE, "/api/me/sessions").header("Authorization", format!("Bearer {access}"));
    let document = strict_document();
    assert_documented(&document, "DELETE", "/api/me/sessions", &app.send(delete.body(()).unwrap()));
    let ended = app.get_as(access, "/api/me/sessions?status=ended");
    assert_eq!(ended.json[0]["end_reason"], "ended_by_owner", "{}", ended.text);
    assert_documented(&document, "GET", "/api/me/sessions", &ended);
}

#[test]
fn responses_to_valid_and_invalid_bodies_are_as_documented() {
    let app = TestApp::start();
    let document = strict_document();
    for (method, path, operation) in operations(&document).into_iter().filter(|(method, ..)| method == "POST")
    {
        let example = operation["requestBody"]["content"]["application/json"]["example"].to_string();
        let bodies = ["{", "{}", "[]", example.as_str(), example.as_str(), &" ".repeat(70_000)];
        let mut answers: Vec<_> = bodies.iter().map(|body| app.post_text(path, body)).collect();
        answers.push(app.send(app.request(Method::POST, path).body("{}").unwrap()));
        for answer in answers {
            assert_documented(&document, &method, path, &answer);
        }
    }
    let suspended = samples::login("suspended@example.com");
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    assert_documented(&document, "POST", "/api/login", &app.post("/api/login", &suspended));
    assert_documented(&document, "GET", "/api/me", &app.get("/api/me"));
    for path in [
        "/api/specialites",
        "/api/reference/wilayas",
        "/api/reference/communes",
        "/api/reference/facility-types",
        "/api/reference/specialites",
        "/.well-known/jwks.json",
        "/health/live",
        "/health/ready",
    ] {
        assert_documented(&document, "GET", path, &app.get(path));
    }
    let unknown = app.get("/api/reference/communes?wilaya=99");
    assert_documented(&document, "GET", "/api/reference/communes", &unknown);
}

#[test]
fn closed_lists_are_enumerations_of_the_domains_values() {
    let document = strict_document();
    for (name, values) in [
        ("BloodType", json!(BloodType::ALL)),
        ("EndReason", json!(EndReason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>())),
        ("FacilityType", json!(FacilityType::ALL)),
        ("Gender", json!(Gender::ALL)),
        ("Role", json!(Role::ALL.map(Role::as_str))),
        ("Specialite", json!(Specialite::ALL)),
        ("Wilaya", json!(Wilaya::codes())),
    ] {
        assert_eq!(document["components"]["schemas"][name]["enum"], values, "{name}");
    }
}

#[test]
fn schemas_are_plain_objects_or_enumerations_with_chosen_names() {
    let document = strict_document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // Client generators merge compositions wrongly, or not at all.
        for composition in ["allOf", "oneOf", "anyOf"] {
            assert!(schema.get(composition).is_none(), "{name}: {composition}");
        }
        assert!(!name.contains('_'), "{name}");
    }
}

#[test]
fn accounts_of_all_roles_have_one_schema_and_the_role_determines_the_members() {
    let document = strict_document();
    let account = &document["components"]["schemas"]["AccountResponse"];
    assert_eq!(account["required"], json!(["id", "role"]));
    assert_eq!(account["properties"]["role"], json!({ "$ref": "#/components/schemas/Role" }));
}
