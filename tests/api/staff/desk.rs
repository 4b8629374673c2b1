//! A member of staff at work, for the tests of what staff do.

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::place::Wilaya;
use sihha_domain::staff::{Scope, StaffRole};
use sihha_tests::staff::StaffSample;
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::support::register;

/// A member of staff at work.
pub(crate) struct Desk<'a> {
    pub(crate) app: &'a TestApp,
    sample: StaffSample,
    pub(crate) token: String,
    pub(crate) id: String,
}

impl<'a> Desk<'a> {
    pub(crate) fn admin(app: &'a TestApp) -> Self {
        Self::of(app, "admin@dsp.example.dz", StaffRole::Admin, Scope::default())
    }

    pub(crate) fn reviewer(app: &'a TestApp, email: &str) -> Self {
        Self::of(app, email, StaffRole::Reviewer, Scope::default())
    }

    /// Logs in a reviewer of some wilayas and roles.
    pub(crate) fn with_scope(app: &'a TestApp, email: &str, wilayas: &[&str], roles: &[Role]) -> Self {
        Self::of(app, email, StaffRole::Reviewer, scope_of(wilayas, roles))
    }

    pub(crate) fn of(app: &'a TestApp, email: &str, role: StaffRole, scope: Scope) -> Self {
        let sample = app.staff(email, role, scope);
        let id = sample.id.to_string();
        let mut desk = Self { app, sample, token: String::new(), id };
        desk.log_in();
        desk
    }

    /// Logs in, for a new access token. The last login was at least 30 seconds ago.
    pub(crate) fn log_in(&mut self) {
        let answer = self.app.post("/api/staff/login", &self.sample.login(self.app.now()));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text_at("access").clone_into(&mut self.token);
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.app.get_as(&self.token, path)
    }

    /// Sends a POST to a path below `/api/staff/`.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        self.send(path, body, None)
    }

    /// Sends a POST with an idempotency key.
    pub(crate) fn send(&self, path: &str, body: &Value, key: Option<&str>) -> Response {
        let request = self.app.request(Method::POST, &format!("/api/staff/{path}"));
        let request = request.header("Authorization", format!("Bearer {}", self.token));
        let request = request.header("Content-Type", "application/json");
        let request = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        self.app.send(request.body(body.to_string()).unwrap())
    }

    /// Makes a decision that must succeed.
    #[track_caller]
    pub(crate) fn decide(&self, id: &str, action: &str, body: &Value) -> Response {
        let answer = self.post(&format!("approvals/{id}/{action}"), body);
        assert_eq!(answer.status, 200, "{action}: {}", answer.text);
        answer
    }

    /// Returns the ids of the applications on the first page.
    pub(crate) fn queue(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/staff/approvals?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        ids(&answer)
    }
}

pub(crate) fn ids(page: &Response) -> Vec<String> {
    let items = page.json["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// Registers an applicant, and returns the id.
pub(crate) fn applicant(app: &TestApp, role: &str, email: &str) -> String {
    let registered = register(app, role, email);
    registered.json["id"].as_str().expect("an id").to_owned()
}

/// Registers a doctor in a wilaya.
pub(crate) fn doctor_in(app: &TestApp, email: &str, wilaya: &str) -> String {
    let body =
        crate::support::with(sihha_tests::samples::registration("doctor", email), "wilaya", json!(wilaya));
    let answer = crate::support::send_registration(app, "doctor", &body);
    answer.json["id"].as_str().expect("an id").to_owned()
}

pub(crate) fn scope_of(wilayas: &[&str], roles: &[Role]) -> Scope {
    let wilayas = wilayas.iter().map(|code| Wilaya::parse(code).unwrap()).collect();
    Scope { wilayas, applicant_roles: roles.to_vec() }
}
