//! What every response tells browsers, also a response that no handler gives.

use std::time::Duration;

use serde_json::Value;
use sihha_tests::{Client, RawConnection, Response, TestApp, TestDatabase};
use ureq::http::Method;

use crate::support::{operations, register};

/// What a browser may do that shows a response of the API as a page.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Checks the headers of a response. Its policy may have more directives.
#[track_caller]
fn assert_headers(header: impl Fn(&str) -> String, case: &str) {
    assert_eq!(header("X-Content-Type-Options"), "nosniff", "{case}");
    assert_eq!(header("Referrer-Policy"), "no-referrer", "{case}");
    let policy = header("Content-Security-Policy");
    for directive in POLICY.split("; ") {
        assert!(policy.split("; ").any(|part| part == directive), "{case}: {policy:?}");
    }
    assert!(!policy.contains("unsafe"), "{case}: {policy}");
}

#[track_caller]
fn assert_response(answer: &Response, status: u16, case: &str) {
    assert_eq!(answer.status, status, "{case}: {}", answer.text);
    assert_headers(|name| answer.header(name).to_owned(), case);
}

/// Checks a response that was received as bytes.
#[track_caller]
fn assert_bytes(response: &str, status: &str) {
    assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
    let (head, _) = response.split_once("\r\n\r\n").expect("a head");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values.next().unwrap_or_default().to_owned()
    };
    assert_headers(header, response);
}

fn send(client: &Client, method: &Method, path: &str) -> Response {
    let request = client.request(method.clone(), path);
    if [Method::POST, Method::PUT, Method::PATCH].contains(method) {
        return client.send(request.header("Content-Type", "application/json").body("{}").unwrap());
    }
    client.send(request.body(()).unwrap())
}

#[test]
fn every_operation_and_every_page_has_the_headers() {
    let app = TestApp::start();
    let document: Value = serde_json::from_str(&sihha_api::openapi_json()).unwrap();
    let documented = operations(&document).into_iter().map(|(method, path, _)| (method, path));
    let others =
        ["/", "/docs", "/docs/", "/docs/swagger-ui.css", "/openapi.json", "/nowhere", "/verify-email"];
    let others = others.into_iter().map(|path| ("GET".to_owned(), path));
    for (method, path) in documented.chain(others) {
        for method in [method.as_str(), "HEAD", "OPTIONS", "PUT"] {
            let answer = send(&app, &Method::from_bytes(method.as_bytes()).unwrap(), path);
            assert_headers(|name| answer.header(name).to_owned(), &format!("{method} {path}"));
        }
    }
}

#[test]
fn a_success_of_the_api_may_load_nothing() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let me = app.get_as(registered.text_at("access"), "/api/me");
    for answer in [&registered, &me, &app.get("/health/live"), &app.get("/.well-known/jwks.json")] {
        assert_eq!(answer.header("Content-Security-Policy"), POLICY, "{}", answer.text);
    }
    let tag = app.get("/openapi.json").header("ETag").to_owned();
    let known = app.request(Method::GET, "/openapi.json").header("If-None-Match", tag);
    assert_response(&app.send(known.body(()).unwrap()), 304, "304");
}

#[test]
fn errors_have_the_headers() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.http.cors_origins = vec!["https://app.example.dz".to_owned()];
    });
    let large = app.post_text("/api/login", &" ".repeat(70_000));
    assert_response(&large, 413, "a large body");
    assert_response(&app.get(&format!("/api/me?{}", "a".repeat(9_000))), 414, "a long URL");
    let text = app.request(Method::POST, "/api/login").header("Content-Type", "text/plain");
    assert_response(&app.send(text.body("{}").unwrap()), 415, "text");
    let preflight = app.request(Method::OPTIONS, "/api/me").header("Origin", "https://app.example.dz");
    let preflight = preflight.header("Access-Control-Request-Method", "GET");
    assert_response(&app.send(preflight.body(()).unwrap()), 204, "a preflight request");
    let registered = register(&app, "user", "amina@example.com");
    app.database.execute("ALTER TABLE profiles RENAME COLUMN email TO lost").unwrap();
    assert_response(&app.get_as(registered.text_at("access"), "/api/me"), 500, "a defect");
}

#[test]
fn responses_of_the_server_itself_have_the_headers() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.connections.head_timeout = Duration::from_millis(200);
        options.connections.body_timeout = Duration::from_millis(200);
    });
    let host = "Host: localhost\r\nContent-Type: application/json\r\n";
    assert_bytes(&app.send_bytes(b"BREW\r\n\r\n"), "400");
    let both =
        format!("POST /api/login HTTP/1.1\r\n{host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_bytes(&app.send_bytes(both.as_bytes()), "400");
    let large = format!("GET /api/me HTTP/1.1\r\n{host}X-Large: {}\r\n\r\n", "a".repeat(70_000));
    assert_bytes(&app.send_bytes(large.as_bytes()), "431");
    let long = format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(70_000));
    assert_bytes(&app.send_bytes(long.as_bytes()), "414");
    assert_bytes(&app.send_bytes(format!("GET /api/me HTTP/1.1\r\n{host}").as_bytes()), "408");

    let mut connection = RawConnection::open(app.address());
    connection.send(format!("POST /api/login HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{"));
    assert_bytes(&connection.rest(), "408");
}
