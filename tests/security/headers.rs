//! Forged headers of a client that is no trusted proxy: whether any of them changes a response.

use serde_json::Value;
use sihha_tests::{Response, TestDatabase, samples};
use ureq::http::Method;

use crate::process::{Service, Sihha};

const FORGED: [(&str, &str); 20] = [
    ("CF-Connecting-IP", "127.0.0.1"),
    ("Client-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1;host=forged.example;proto=https"),
    ("Host", "forged.example"),
    ("True-Client-IP", "127.0.0.1"),
    ("X-Client-IP", "127.0.0.1"),
    ("X-Custom-IP-Authorization", "127.0.0.1"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-Host", "forged.example"),
    ("X-Forwarded-Port", "443"),
    ("X-Forwarded-Prefix", "//forged.example"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-User", "admin"),
    ("X-Host", "forged.example"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Method-Override", "GET"),
    ("X-Original-URL", "/health/live"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Remote-User", "admin"),
    ("X-Rewrite-URL", "/health/live"),
];

/// Sends a request with a header, or without one if its name is empty.
fn send(service: &Service, method: &str, path: &str, token: &str, header: (&str, &str)) -> Response {
    let mut request = service.request(method.parse().unwrap(), path);
    if !token.is_empty() {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if !header.0.is_empty() {
        request = request.header(header.0, header.1);
    }
    if [Method::POST, Method::PATCH].iter().any(|with_body| with_body == method) {
        let request = request.header("Content-Type", "application/json");
        service.send(request.body("{}").unwrap())
    } else {
        service.send(request.body(()).unwrap())
    }
}

/// Returns what must not depend on a header.
fn outcome(response: &Response) -> (u16, String, Value) {
    (response.status, response.code().to_owned(), response.json["errors"].clone())
}

#[test]
fn forged_headers_change_no_response() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_THROTTLE", "off").with("SIHHA_ACCESS_LIFETIME", "1h");
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    let document = service.get("/openapi.json").json;
    let mut requests = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
        for method in methods.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            // A session that no request revokes: the patient's has no other ones.
            for token in ["", registered.text_at("access")] {
                let plain = send(&service, &method, &path, token, ("", ""));
                for header in FORGED {
                    let forged = send(&service, &method, &path, token, header);
                    let case = format!("{method} {path} with {header:?}: {}", forged.text);
                    assert_eq!(outcome(&forged), outcome(&plain), "{case}");
                    let is_quoted = |text: &str| text.contains("forged.example");
                    assert!(!is_quoted(&forged.text), "{case}");
                    let mut values = forged.headers.values().filter_map(|value| value.to_str().ok());
                    assert!(!values.any(is_quoted), "{case}");
                    requests += 1;
                }
            }
        }
    }
    println!("forged headers: {requests} requests");
}
