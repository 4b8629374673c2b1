//! Authorization of every operation. The cases are the operations of the OpenAPI document, whose
//! `security` the service derives from the table that it enforces.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::staff::StaffRole;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::links::{changed, reset_token, uid_and_token, verification_token};
use crate::staff::desk::{Desk, doctor_in, scope_of};
use crate::support::{assert_problem, log_in, opened, operations, register, signed, with};

/// A caller, and what the token is good for.
struct Caller {
    name: &'static str,
    token: Option<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No token, or one that the service does not accept.
    Stranger,
    /// A token of an account whose sessions were revoked.
    Revoked,
    /// An account holder.
    Holder,
    /// An applicant with a token of `POST /api/application/status`.
    Applicant,
    /// A reviewer who sees the application of the test.
    Reviewer,
    /// A reviewer who does not see it.
    OutOfScope,
    Admin,
}

/// What a caller must get.
enum Wanted {
    /// A success that the document has.
    Success,
    /// Anything but a refusal.
    Allowed,
    Problem(u16, &'static str),
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
    let waiting = access(Role::Doctor, "waiting@example.com");
    let status = app.post("/api/application/status", &samples::login("rejected@example.com"));
    let applicant = Some(status.text_at("access").to_owned());
    let staff =
        |email: &str, role, wilayas: &[&str]| Some(Desk::of(app, email, role, scope_of(wilayas, &[])).token);
    let caller = |name, token, kind| Caller { name, token, kind };
    vec![
        caller("anonymous", None, Kind::Stranger),
        caller("patient", patient, Kind::Holder),
        caller("waiting doctor", waiting, Kind::Holder),
        caller("approved doctor", approved, Kind::Holder),
        // Rejections and suspensions revoke all sessions.
        caller("rejected doctor", rejected, Kind::Revoked),
        caller("suspended patient", suspended, Kind::Revoked),
        caller("hospital", hospital, Kind::Holder),
        caller("labo", labo, Kind::Holder),
        caller("applicant", applicant, Kind::Applicant),
        caller("expired token", expired, Kind::Stranger),
        caller("refresh token", Some(refresh), Kind::Stranger),
        caller("forged token", Some(forged), Kind::Stranger),
        caller("reviewer", staff("reviewer@dsp.dz", StaffRole::Reviewer, &["31"]), Kind::Reviewer),
        caller(
            "reviewer of another wilaya",
            staff("other@dsp.dz", StaffRole::Reviewer, &["16"]),
            Kind::OutOfScope,
        ),
        caller("admin", staff("admin@dsp.dz", StaffRole::Admin, &[]), Kind::Admin),
    ]
}

/// Returns what a caller of this kind must get from an operation with this security.
fn wanted(security: &Value, path: &str, kind: Kind) -> Wanted {
    let not_valid = Wanted::Problem(401, "token_not_valid");
    let is_scope = |name: &str| security.as_array().unwrap().iter().any(|one| one.get(name).is_some());
    if *security == json!([]) {
        Wanted::Success
    } else if is_scope("access") {
        match kind {
            Kind::Holder => Wanted::Allowed,
            Kind::Applicant if is_scope("application") => Wanted::Allowed,
            Kind::Applicant => Wanted::Problem(403, "insufficient_scope"),
            _ => not_valid,
        }
    } else if is_scope("staff") {
        let is_for_admins = *security == json!([{ "staff": ["admin"] }]);
        match kind {
            Kind::Stranger => not_valid,
            Kind::Revoked | Kind::Holder | Kind::Applicant => Wanted::Problem(403, "forbidden"),
            Kind::Reviewer | Kind::OutOfScope if is_for_admins => Wanted::Problem(403, "forbidden"),
            Kind::OutOfScope if path.starts_with("/api/staff/approvals/{id}") => {
                Wanted::Problem(404, "unknown_application")
            }
            Kind::OutOfScope if path.starts_with("/api/staff/accounts/{id}") => {
                Wanted::Problem(404, "unknown_account")
            }
            Kind::Reviewer | Kind::OutOfScope | Kind::Admin => Wanted::Allowed,
        }
    } else {
        panic!("{path}: no test for callers of {security}")
    }
}

/// Returns a body that the operation accepts. Operations without a body ignore it.
fn body_for(app: &TestApp, operation: &str, number: usize) -> String {
    if operation.contains("/api/staff/") {
        return staff_body(app, operation, number).to_string();
    }
    if let Some(body) = body_with_link(app, operation, number) {
        return body.to_string();
    }
    if operation.starts_with("PATCH ") {
        return json!({ "address": "Oran" }).to_string();
    }
    if operation.contains("/token/") {
        let token = log_in(app, "user", "patient@example.com").json["refresh"].clone();
        return json!({ "token": token, "refresh": token }).to_string();
    }
    if operation.ends_with("/password") || operation.ends_with("/set_password") {
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

/// Returns the body of an operation that takes the token of a mail, with a new one.
fn body_with_link(app: &TestApp, operation: &str, number: usize) -> Option<Value> {
    const PASSWORD: &str = "couscous le vendredi";
    let action = operation.rsplit('/').next()?;
    let email = format!("{action}{number}@example.com");
    let new = format!("new.{email}");
    let owner = || register(app, "user", &email).text_at("access").to_owned();
    match operation.strip_prefix("POST ")? {
        "/api/email/verify" => Some(json!({ "token": verification_token(app, &owner(), &email) })),
        "/auth/users/activation" => Some(uid_and_token(&verification_token(app, &owner(), &email))),
        "/api/email/revert" => Some(json!({ "token": changed(app, &owner(), &email, &new) })),
        "/api/password/reset" => {
            owner();
            Some(json!({ "token": reset_token(app, &email), "password": PASSWORD }))
        }
        "/auth/users/reset_password_confirm" => {
            owner();
            Some(with(uid_and_token(&reset_token(app, &email)), "new_password", PASSWORD))
        }
        _ => None,
    }
}

fn staff_body(app: &TestApp, operation: &str, number: usize) -> Value {
    if operation.ends_with("/staff/login") {
        let member = app.staff(&format!("n{number}@dsp.dz"), StaffRole::Reviewer, scope_of(&[], &[]));
        return member.login(app.now());
    }
    if operation.ends_with("/decisions") {
        return json!({ "ids": [], "decision": "approve" });
    }
    if operation.ends_with("/members") {
        let email = format!("member{number}@dsp.dz");
        return json!({ "email": email, "password": "correct horse battery", "name": "N", "role": "reviewer" });
    }
    if operation.contains("/members/") {
        return json!({ "password": "correct horse battery", "name": "N" });
    }
    json!({ "reason": "r", "message": "m", "take_over": true })
}

#[test]
fn every_operation_accepts_only_the_callers_that_its_security_names() {
    let app = TestApp::start();
    let document = app.get("/openapi.json").json;
    let callers = callers(&app);
    let application = doctor_in(&app, "application@example.com", "31");
    let member = app.staff("member@dsp.dz", StaffRole::Reviewer, scope_of(&[], &[]));
    for (method, path, operation) in operations(&document) {
        let id = match path {
            path if path.starts_with("/api/staff/members/") => member.id.to_string(),
            path if path.starts_with("/api/staff/") => application.clone(),
            // An id that no session has.
            _ => "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90".to_owned(),
        };
        for (number, caller) in callers.iter().enumerate() {
            let case = format!("{}: {method} {path}", caller.name);
            let answer = call(&app, &method, path, &id, caller, number);
            match wanted(&operation["security"], path, caller.kind) {
                Wanted::Success => {
                    let status = answer.status.to_string();
                    let is_documented = operation["responses"].get(&status).is_some();
                    assert!(status.starts_with('2') && is_documented, "{case}: {}", answer.text);
                }
                Wanted::Allowed => {
                    let is_allowed = ![401, 403].contains(&answer.status) && answer.status < 500;
                    assert!(is_allowed, "{case}: {} {}", answer.status, answer.text);
                    let is_found = answer.status != 404 || !path.starts_with("/api/staff/");
                    assert!(is_found, "{case}: {} {}", answer.status, answer.text);
                }
                Wanted::Problem(status, code) => assert_problem(&answer, status, code, &case),
            }
        }
    }
}

fn call(app: &TestApp, method: &str, path: &str, id: &str, caller: &Caller, number: usize) -> Response {
    let actual_path = path.replace("{id}", id);
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
