//! Authorization of every operation. The cases are the operations of the OpenAPI document, whose
//! `security` the service derives from the table that it enforces.

use std::time::Duration;

use serde_json::json;
use sihha_domain::account::Role;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{assert_problem, log_in, opened, operations, register, signed, with};

/// A kind of caller.
struct Caller {
    name: &'static str,
    token: Option<String>,
    kind: Kind,
}

/// Whom a token authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nobody,
    AccountHolder,
    /// An applicant who may not log in, by the token of `POST /api/application/status`.
    Applicant,
}

/// Returns a caller of each kind.
fn callers(app: &TestApp) -> Vec<Caller> {
    let access = |role: Role, email: &str| {
        let registered = register(app, role.as_str(), email);
        Some(registered.text_at("access").to_owned())
    };
    let expired = access(Role::Patient, "expired@example.com");
    app.pass(Duration::from_mins(5));
    let [approved, hospital, labo] = [
        (Role::Doctor, "approved@example.com"),
        (Role::Hospital, "hospital@example.com"),
        (Role::Labo, "labo@example.com"),
    ]
    .map(|(role, email)| {
        let token = access(role, email);
        app.approve(role, email);
        token
    });
    let rejected = access(Role::Doctor, "rejected@example.com");
    app.reject(Role::Doctor, "rejected@example.com");
    let suspended = access(Role::Patient, "suspended@example.com");
    app.suspend("suspended@example.com");
    let patient = access(Role::Patient, "patient@example.com");
    let refresh = register(app, "user", "refresh@example.com").text_at("refresh").to_owned();
    let forged = signed(&with(opened(&refresh).1, "iss", "somebody"));
    let told = app.post("/api/application/status", &samples::login("rejected@example.com"));
    let applicant = Some(told.text_at("access").to_owned());
    let holder = |name, token| Caller { name, token, kind: Kind::AccountHolder };
    let stranger = |name, token| Caller { name, token, kind: Kind::Nobody };
    vec![
        stranger("anonymous", None),
        holder("patient", patient),
        holder("waiting doctor", access(Role::Doctor, "waiting@example.com")),
        holder("approved doctor", approved),
        // Rejections and suspensions revoke all sessions.
        stranger("rejected doctor", rejected),
        Caller { name: "rejected doctor with the password", token: applicant, kind: Kind::Applicant },
        stranger("suspended patient", suspended),
        holder("hospital", hospital),
        holder("labo", labo),
        stranger("expired token", expired),
        stranger("refresh token", Some(refresh)),
        stranger("forged token", Some(forged)),
    ]
}

/// Returns a body that the operation accepts. Operations without a body ignore it.
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
fn every_operation_accepts_only_the_callers_that_its_security_names() {
    let app = TestApp::start();
    let document = app.get("/openapi.json").json;
    let callers = callers(&app);
    for (method, path, operation) in operations(&document) {
        let allowed: &[Kind] = match &operation["security"] {
            security if *security == json!([]) => &[Kind::Nobody, Kind::AccountHolder, Kind::Applicant],
            security if *security == json!([{ "access": [] }]) => &[Kind::AccountHolder],
            security if *security == json!([{ "access": [] }, { "application": [] }]) => {
                &[Kind::AccountHolder, Kind::Applicant]
            }
            security => panic!("{method} {path}: no test for callers of {security}"),
        };
        for (number, caller) in callers.iter().enumerate() {
            let case = format!("{}: {method} {path}", caller.name);
            let answer = call(&app, &method, path, caller, number);
            if allowed.contains(&Kind::Nobody) {
                let status = answer.status.to_string();
                assert!(
                    status.starts_with('2') && operation["responses"].get(status).is_some(),
                    "{case}: {}",
                    answer.text
                );
            } else if allowed.contains(&caller.kind) {
                let is_allowed = ![401, 403].contains(&answer.status) && answer.status < 500;
                assert!(is_allowed, "{case}: {} {}", answer.status, answer.text);
            } else if caller.kind == Kind::Applicant {
                assert_problem(&answer, 403, "insufficient_scope", &case);
            } else {
                assert_problem(&answer, 401, "token_not_valid", &case);
            }
        }
    }
}

fn call(app: &TestApp, method: &str, path: &str, caller: &Caller, number: usize) -> Response {
    // An id that no session has.
    let actual_path = path.replace("{id}", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
    let mut request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), &actual_path);
    if let Some(token) = &caller.token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if ["POST", "PATCH"].contains(&method) {
        let request = request.header("Content-Type", "application/json");
        app.send(request.body(body_for(app, &format!("{method} {path}"), number)).unwrap())
    } else {
        app.send(request.body(()).unwrap())
    }
}

#[test]
fn head_requires_the_same_authorization_as_get() {
    let app = TestApp::start();
    let answer = app.send(app.request(Method::HEAD, "/api/me").body(()).unwrap());
    assert_eq!(answer.status, 401);
}
