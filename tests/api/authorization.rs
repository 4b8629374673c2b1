//! Who may do what: every operation of the OpenAPI document has a row, and every kind of caller a column.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{TestApp, samples};
use ureq::http::Method;

use crate::support::{log_in, register, signed, with};

const CALLERS: [&str; 11] = [
    "anonymous",
    "patient",
    "waiting doctor",
    "approved doctor",
    "rejected doctor",
    "suspended patient",
    "hospital",
    "labo",
    "expired token",
    "refresh token",
    "forged token",
];

/// The status that each caller gets, in the order of [`CALLERS`]. A new operation needs a row here.
const CASES: [(&str, [u16; 11]); 21] = [
    // Anyone registers and logs in, whatever token they still carry.
    ("POST /api/user/register", [201; 11]),
    ("POST /api/doctor/register", [201; 11]),
    ("POST /api/hospital/register", [201; 11]),
    ("POST /api/labo/register", [201; 11]),
    ("POST /api/user/login", [200; 11]),
    ("POST /api/doctor/login", [200; 11]),
    ("POST /api/hospital/login", [200; 11]),
    ("POST /api/labo/login", [200; 11]),
    // What these ask for is shown by the token in the body.
    ("POST /api/token/refresh", [200; 11]),
    ("POST /api/token/verify", [200; 11]),
    ("POST /api/token/blacklist", [200; 11]),
    // One's own account, also while it waits. A rejection or a suspension ends its sessions.
    ("GET /api/me", [401, 200, 200, 200, 401, 401, 200, 200, 401, 401, 401]),
    ("PATCH /api/me", [401, 200, 200, 200, 401, 401, 200, 200, 401, 401, 401]),
    ("GET /api/me/sessions", [401, 200, 200, 200, 401, 401, 200, 200, 401, 401, 401]),
    ("DELETE /api/me/sessions", [401, 204, 204, 204, 401, 401, 204, 204, 401, 401, 401]),
    // With a present password that is wrong, so that nothing changes.
    ("POST /api/me/password", [401, 400, 400, 400, 401, 401, 400, 400, 401, 401, 401]),
    // The path's id is nobody's.
    ("DELETE /api/me/sessions/{id}", [401, 404, 404, 404, 401, 401, 404, 404, 401, 401, 401]),
    ("GET /api/specialites", [200; 11]),
    ("GET /.well-known/jwks.json", [200; 11]),
    ("GET /health/live", [200; 11]),
    ("GET /health/ready", [200; 11]),
];

fn documented_operations() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&sihha_api::openapi::json()).unwrap();
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let operations = methods.iter().filter(|method| item.get(**method).is_some());
            operations.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

#[test]
fn every_operation_of_the_document_has_a_row_and_every_row_an_operation() {
    let rows: BTreeSet<_> = CASES.iter().map(|(operation, _)| (*operation).to_owned()).collect();
    assert_eq!(rows.len(), CASES.len(), "a row stands twice");
    assert_eq!(documented_operations(), rows, "document on the left, the table of this file on the right");
}

/// A token of each of [`CALLERS`].
fn tokens(app: &TestApp) -> [Option<String>; 11] {
    let access = |role: Role, email: &str| {
        let registered = register(app, role.as_str(), email);
        Some(registered.text_at("access").to_owned())
    };
    let expired = access(Role::Patient, "expired@example.com");
    app.pass(Duration::from_mins(5));
    let approved = access(Role::Doctor, "approved@example.com");
    app.approve(Role::Doctor, "approved@example.com");
    let rejected = access(Role::Doctor, "rejected@example.com");
    app.reject(Role::Doctor, "rejected@example.com");
    let suspended = access(Role::Patient, "suspended@example.com");
    app.suspend("suspended@example.com");
    let hospital = access(Role::Hospital, "hospital@example.com");
    app.approve(Role::Hospital, "hospital@example.com");
    let labo = access(Role::Labo, "labo@example.com");
    app.approve(Role::Labo, "labo@example.com");
    let patient = access(Role::Patient, "patient@example.com");
    let refresh = register(app, "user", "refresh@example.com").text_at("refresh").to_owned();
    let forged = signed(&with(crate::support::opened(&refresh).1, "iss", "somebody"));
    let waiting = access(Role::Doctor, "waiting@example.com");
    [
        None,
        patient,
        waiting,
        approved,
        rejected,
        suspended,
        hospital,
        labo,
        expired,
        Some(refresh),
        Some(forged),
    ]
}

/// A body that the operation accepts, if it takes one.
fn body_for(app: &TestApp, operation: &str, number: usize) -> String {
    if operation.starts_with("PATCH ") {
        return json!({ "address": "Oran" }).to_string();
    }
    if operation.contains("/token/") {
        let token = log_in(app, "user", "patient@example.com").json["refresh"].clone();
        return json!({ "token": token, "refresh": token }).to_string();
    }
    if operation.ends_with("/password") {
        return json!({ "current_password": "wrong", "new_password": "12345678" }).to_string();
    }
    let role = operation.split('/').nth(2).unwrap_or_default();
    if operation.ends_with("/register") {
        let body = samples::registration(role, &format!("{role}.n{number}@example.com"));
        return body.to_string();
    }
    let email = match role {
        "user" => "patient@example.com",
        "doctor" => "approved@example.com",
        "hospital" => "hospital@example.com",
        _ => "labo@example.com",
    };
    samples::login(email).to_string()
}

#[test]
fn every_caller_gets_what_the_table_says() {
    let app = TestApp::start();
    let tokens = tokens(&app);
    for (operation, wanted) in CASES {
        let (method, path) = operation.split_once(' ').unwrap();
        for (number, ((caller, token), wanted)) in CALLERS.iter().zip(&tokens).zip(wanted).enumerate() {
            let path = path.replace("{id}", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
            let mut request = app.request(method.parse().unwrap(), &path);
            if let Some(token) = token {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let answer = if [Method::POST, Method::PATCH].iter().any(|with_body| method == with_body) {
                let request = request.header("Content-Type", "application/json");
                app.send(request.body(body_for(&app, operation, number)).unwrap())
            } else {
                app.send(request.body(()).unwrap())
            };
            assert_eq!(answer.status, wanted, "{caller}: {operation}: {}", answer.text);
        }
    }
}
