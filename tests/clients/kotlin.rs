//! Classes by openapi-generator's `kotlin`, as an app for Android has them.

use std::fs;

use serde_json::Value;
use sihha_domain::account::Role;
use sihha_tests::{TestDatabase, samples};

use crate::generators::{prepare, run};
use crate::process::Sihha;

/// A member of a generated class.
struct Member {
    name: String,
    /// The type, without the `?` of one that may be null.
    kind: String,
    may_be_absent: bool,
    may_be_null: bool,
}

/// Reads the members of the generated class `name`.
fn members(sihha: &Sihha, name: &str) -> Vec<Member> {
    let file = format!("kotlin/src/main/kotlin/org/openapitools/client/models/{name}.kt");
    let class = fs::read_to_string(sihha.path().join(file)).unwrap();
    // @Json(name = "isPrivee")
    // val isPrivee: kotlin.Boolean? = null,
    let members = class.split("@Json(name = \"").skip(1).filter_map(|member| {
        let (name, rest) = member.split_once("\")")?;
        let (_, declared) = rest.trim_start().strip_prefix("val ")?.lines().next()?.split_once(": ")?;
        let declared = declared.trim_end_matches(',');
        let optional = declared.strip_suffix(" = null");
        let kind = optional.unwrap_or(declared);
        let may_be_null = kind.ends_with('?');
        let kind = kind.trim_end_matches('?').to_owned();
        Some(Member { name: name.to_owned(), kind, may_be_absent: optional.is_some(), may_be_null })
    });
    let members: Vec<_> = members.collect();
    assert!(members.len() > 2, "{class}");
    members
}

/// Checks that a `class` with these members can hold `response` completely.
#[track_caller]
fn assert_holds(class: &str, members: &[Member], response: &Value) {
    for Member { name, may_be_absent, may_be_null, .. } in members {
        match response.get(name) {
            None => assert!(may_be_absent, "{class} requires `{name}`, which is absent from {response}"),
            Some(Value::Null) => assert!(may_be_null, "{class} has no null for `{name}`: {response}"),
            Some(_) => {}
        }
    }
    for name in response.as_object().unwrap().keys() {
        assert!(members.iter().any(|member| member.name == *name), "{class} has no `{name}`");
    }
}

#[test]
fn kotlins_classes_require_no_member_that_some_role_lacks() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    prepare(&sihha, []);
    let mut warnings = run(&sihha, "openapi-generator-cli generate -i openapi.json -g kotlin -o kotlin");
    warnings.retain(|line| line.contains("WARN") || line.contains("ERROR"));
    // It says so of every document of version 3.1.
    warnings.retain(|line| !line.contains("OpenAPI 3.1 support is still in beta"));
    // The server's URL is relative to the document's, so that it holds behind a proxy with a prefix.
    warnings.retain(|line| !line.contains("'scheme' not defined in the spec"));
    assert_eq!(warnings, [""; 0]);
    let request = members(&sihha, "RegisterPatientRequest");
    let married = request.iter().find(|member| member.name == "married").unwrap();
    assert_eq!(married.kind, "kotlin.Boolean", "it may be an empty text, and has its type all the same");
    let [account, tokens] = ["AccountResponse", "LoginResponse"].map(|class| (class, members(&sihha, class)));

    let service = sihha.serve();
    for role in Role::ALL {
        let name = role.as_str();
        let email = format!("{name}@example.com");
        let response = service.post(&format!("/api/{name}/register"), &samples::registration(name, &email));
        assert_eq!(response.status, 201, "{}", response.text);
        if role.needs_approval() {
            sihha.run(["approvals", "approve", "--role", name, "--email", &email]).succeeded();
        }
        let response = service.post(&format!("/api/{name}/login"), &samples::login(&email));
        assert_eq!(response.status, 200, "{}", response.text);
        assert_holds(tokens.0, &tokens.1, &response.json);
        let response = service.get_as(response.text_at("access"), "/api/me");
        assert_eq!(response.status, 200, "{}", response.text);
        assert_holds(account.0, &account.1, &response.json);
    }
}
