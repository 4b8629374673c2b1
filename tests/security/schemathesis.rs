//! Schemathesis: whether the service accepts and refuses what the OpenAPI document says, and answers as
//! it says, for an anonymous caller and one of each role.

use std::fs;

use serde_json::{Map, Value, json};
use sihha_domain::account::Role;
use sihha_tests::{TestDatabase, samples};

use crate::process::Sihha;
use crate::tools::{folder, run};

#[test]
fn schemathesis_finds_no_difference_between_the_document_and_the_service() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_ARGON2_MEMORY_KIB", "8")
        .with("SIHHA_ARGON2_PASSES", "1")
        .with("SIHHA_ACCESS_LIFETIME", "1h")
        .with("SIHHA_THROTTLE", "off");
    for file in ["schemathesis.toml", "future.py"] {
        fs::copy(folder().join(file), sihha.path().join(file)).unwrap();
    }
    fs::write(sihha.path().join("openapi.json"), sihha.run(["openapi"]).succeeded()).unwrap();
    let file = sihha.path().join("schemathesis.toml");
    let exceptions = fs::read_to_string(&file).unwrap();
    let service = sihha.serve();
    let url = format!("http://{}", service.address());
    // The same requests in every run, fewer than by default, so that it takes a minute.
    let command = format!("run openapi.json --url {url} --checks all --seed 2 --max-examples 10 --no-color");
    let document: Value = service.get("/openapi.json").json;
    attack(&sihha, &command);
    for role in Role::NAMES {
        let body = samples::registration(role, &format!("{role}@example.com"));
        let registered = service.post(&format!("/api/{role}/register"), &body);
        let token = format!("headers.Authorization = \"Bearer {}\"\n", registered.text_at("access"));
        fs::write(&file, token + &exceptions).unwrap();
        let mut document = document.clone();
        document["components"]["schemas"]["AccountPatchRequest"] = patch(&document, role);
        fs::write(sihha.path().join("openapi.json"), document.to_string()).unwrap();
        attack(&sihha, &command);
    }
}

fn attack(sihha: &Sihha, command: &str) {
    let output = run(sihha, "st", command.split(' '));
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{command}: {}\n{text}", output.status);
}

/// Returns the schema of a patch by an account of `role`.
///
/// The document has one for all roles, with the members of each: a role ignores those that it does
/// not have, and may not clear all that another one may clear.
fn patch(document: &Value, role: &str) -> Value {
    let registration = &document["paths"][format!("/api/{role}/register")]["post"]["requestBody"];
    let all = &document["components"]["schemas"]["AccountPatchRequest"];
    common_members(document, &registration["content"]["application/json"]["schema"], all)
}

/// Returns an object with the members of `schema` that `other` has too, all of them optional.
fn common_members(document: &Value, schema: &Value, other: &Value) -> Value {
    let target = schema["$ref"].as_str().and_then(|reference| document.pointer(&reference[1..]));
    let members = target.unwrap_or(schema)["properties"].as_object().expect("an object");
    let common = members.iter().filter_map(|(name, member)| {
        let other = other["properties"].get(name)?;
        let is_object = other["properties"].is_object();
        let member = if is_object { common_members(document, member, other) } else { member.clone() };
        Some((name.clone(), member))
    });
    json!({ "type": "object", "properties": common.collect::<Map<_, _>>() })
}
