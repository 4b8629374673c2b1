//! Sends requests, and keeps what they say and what comes back.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sihha_tests::evidence::Evidence;
use sihha_tests::{Response, samples};
use ureq::http::Method;

use crate::process::Service;

pub(super) struct Visitor<'a> {
    pub(super) service: &'a Service,
    pub(super) evidence: RefCell<Evidence>,
    statuses: RefCell<BTreeMap<String, BTreeSet<u16>>>,
}

/// An account that was registered.
pub(super) struct Person {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Person {
    pub(super) fn login(&self) -> Value {
        json!({ "email": self.email, "password": self.password })
    }
}

impl<'a> Visitor<'a> {
    pub(super) fn new(service: &'a Service, evidence: Evidence) -> Self {
        Self { service, evidence: RefCell::new(evidence), statuses: RefCell::default() }
    }

    pub(super) fn into_evidence(self) -> Evidence {
        self.evidence.into_inner()
    }

    pub(super) fn document(&self) -> Value {
        self.service.get("/openapi.json").json
    }

    /// Returns the statuses of the responses of an operation.
    pub(super) fn statuses(&self, operation: &str) -> BTreeSet<u16> {
        self.statuses.borrow().get(operation).cloned().unwrap_or_default()
    }

    /// Sends a request to an operation of the document, such as `GET /api/me/sessions/{id}`. Without a
    /// `token` or a `body` that is not null, it has none.
    pub(super) fn call(&self, operation: &str, id: &str, token: &str, body: &Value) -> Response {
        self.evidence.borrow_mut().add_request(body);
        let header = (!token.is_empty()).then(|| ("Authorization", format!("Bearer {token}")));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(operation, id, header.as_slice(), "application/json", &body)
    }

    /// Does the same, and asserts that it succeeds.
    #[track_caller]
    pub(super) fn succeed(&self, operation: &str, id: &str, token: &str, body: &Value) -> Response {
        let answer = self.call(operation, id, token, body);
        assert!(answer.status < 300, "{operation}: {}", answer.text);
        answer
    }

    /// Sends any request to an operation.
    pub(super) fn send(
        &self,
        operation: &str,
        id: &str,
        headers: &[(&str, String)],
        content_type: &str,
        body: &str,
    ) -> Response {
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (name, query) = path.split_once('?').unwrap_or((path, ""));
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let mut request =
            self.service.request(method.clone(), &format!("{}{query}", name.replace("{id}", id)));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = if [Method::GET, Method::DELETE].contains(&method) {
            self.service.send(request.body(()).unwrap())
        } else {
            self.service.send(request.header("Content-Type", content_type).body(body).unwrap())
        };
        let name = format!("{method} {name}");
        self.note(&name, &answer);
        self.statuses.borrow_mut().entry(name).or_default().insert(answer.status);
        answer
    }

    fn note(&self, name: &str, answer: &Response) {
        let place = format!("response {} to {name}", answer.status);
        let head = format!("{:?}", answer.headers);
        self.evidence.borrow_mut().add_answer(&place, answer.status, &head, &answer.text);
    }

    /// Registers an account, with a password and a card of its own.
    pub(super) fn register(&self, role: &str, name: &str) -> Person {
        let email = format!("{name}@secrets.example.dz");
        let password = format!("mot de passe \"Wq7\" de {name} é");
        let mut body = samples::registration(role, &email);
        let profile = if role == "user" { &mut body } else { &mut body["profile"] };
        profile["password"] = json!(password);
        profile["carte_id"] = json!(format!("CARTE{name}WQ7"));
        let registered = self.succeed(&format!("POST /api/{role}/register"), "", "", &body);
        let [id, access, refresh] =
            ["id", "access", "refresh"].map(|name| registered.text_at(name).to_owned());
        Person { id, email, password, access, refresh }
    }
}
