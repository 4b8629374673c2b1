//! Requests with secrets in places where they do not belong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::visitor::Visitor;

/// Sends each operation a secret in its query, path, headers, and in bodies that it cannot accept.
pub(super) fn visit(visitor: &Visitor, admin: &str) {
    let person = visitor.register("user", "hakim");
    let document = visitor.document();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let token = if path.starts_with("/api/staff/") { admin } else { &person.access };
        for (number, (method, operation)) in operations.as_object().unwrap().iter().enumerate() {
            let name = format!("{} {path}", method.to_uppercase());
            Hostile { visitor, operation: &name, token, number }.send(&queries(operation));
        }
    }
    broken(visitor);
}

/// Returns the names of the parameters that the operation reads in its query, and others.
fn queries(operation: &Value) -> Vec<&str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let read = parameters.filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str());
    read.chain(["password", "token"]).collect()
}

struct Hostile<'a> {
    visitor: &'a Visitor<'a>,
    operation: &'a str,
    token: &'a str,
    number: usize,
}

impl Hostile<'_> {
    /// Returns a secret that is sent in one place of one operation.
    fn secret(&self, place: &str) -> String {
        let name: String = self.operation.chars().filter(char::is_ascii_alphanumeric).collect();
        let secret = format!("wq7.{name}.{}.{place}", self.number);
        self.visitor.evidence.borrow_mut().add_secret(&format!("a secret in the {place}"), &secret);
        secret
    }

    fn send(&self, queries: &[&str]) {
        let bearer = [("Authorization", format!("Bearer {}", self.token))];
        let query = self.secret("query");
        for name in queries {
            let with_query = format!("{}?{name}={query}", self.operation);
            self.visitor.send(&with_query, "0", &bearer, "application/json", "{}");
        }
        self.visitor.send(self.operation, &self.secret("path"), &bearer, "application/json", "{}");
        self.headers();
        let [broken, wrong, unknown, plain] =
            ["broken", "wrong", "unknown", "plain"].map(|place| self.secret(place));
        let members = |value: Value| {
            let names = [
                "password",
                "current_password",
                "new_password",
                "token",
                "refresh",
                "uid",
                "otp",
                "email",
                "username",
            ];
            names.iter().map(|name| ((*name).to_owned(), value.clone())).collect::<Value>()
        };
        let mut named = members(json!(unknown));
        named[unknown.as_str()] = json!(unknown);
        for (content_type, body) in [
            ("application/json", format!("{{\"password\": \"{broken}\", \"token\": {broken}")),
            ("application/json", members(json!({ wrong.as_str(): [wrong] })).to_string()),
            ("application/json", named.to_string()),
            ("text/plain", plain),
        ] {
            self.visitor.send(self.operation, "0", &bearer, content_type, &body);
        }
    }

    fn headers(&self) {
        let secret = self.secret("headers");
        let basic = STANDARD.encode(format!("hakim:{secret}"));
        self.visitor.evidence.borrow_mut().add_secret("an Authorization header", &basic);
        for authorization in [format!("Basic {basic}"), format!("Bearer {secret}"), secret.clone()] {
            let headers = [
                ("Authorization", authorization),
                ("Cookie", format!("session={secret}")),
                ("X-Api-Key", secret.clone()),
                ("X-Request-Id", secret.clone()),
            ];
            self.visitor.send(self.operation, "0", &headers, "application/json", "{}");
        }
    }
}

/// Sends what is no request.
fn broken(visitor: &Visitor) {
    let secret = "wq7-secret-in-a-broken-request";
    visitor.evidence.borrow_mut().add_secret("a secret in a broken request", secret);
    for request in [
        format!("{secret}\r\n\r\n"),
        format!("GET /api/me?token={secret} HTTP/1.1\r\n{secret}\r\n\r\n"),
        format!("GET /{secret}?token={secret} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        format!("GET /api/me?{secret}={} HTTP/1.1\r\n\r\n", "a".repeat(70_000)),
        format!("POST /api/login HTTP/1.1\r\nContent-Length: {secret}\r\n\r\n"),
        format!("POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n"),
    ] {
        let answer = visitor.service.send_bytes(request.as_bytes());
        visitor.evidence.borrow_mut().add_answer("response to a broken request", 400, "", &answer);
    }
}
