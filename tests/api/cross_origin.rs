//! CORS: which web pages of other origins may use the API.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, TestDatabase};
use ureq::http::Method;

use crate::support::register;

const APP: &str = "https://app.example.dz";

fn app_for(origins: &[&str]) -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.http.cors_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    })
}

fn send_from(app: &TestApp, origin: &str, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = app.request(method, path).header("Origin", origin);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.send(request.body(()).unwrap())
}

fn preflight(app: &TestApp, origin: &str, method: &str, path: &str) -> Response {
    let headers = [
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "authorization,if-match"),
    ];
    send_from(app, origin, Method::OPTIONS, path, &headers)
}

/// Returns the values of `Vary`, however many headers have them.
fn vary(answer: &Response) -> String {
    let values = answer.headers.get_all("Vary").iter().map(|value| value.to_str().unwrap());
    values.collect::<Vec<_>>().join(", ")
}

fn is_listed(answer: &Response, header: &str, names: &[&str]) -> bool {
    let listed: Vec<_> = answer.header(header).split(',').map(str::trim).collect();
    names.iter().all(|name| listed.contains(name))
}

#[test]
fn a_preflight_of_a_configured_origin_is_allowed() {
    let app = app_for(&["http://localhost:5173", APP]);
    for (method, path) in [
        ("GET", "/api/me"),
        ("PATCH", "/api/me/"),
        ("POST", "/api/me/password"),
        ("DELETE", "/api/me/sessions/019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"),
        ("GET", "/nowhere"),
    ] {
        let answer = preflight(&app, APP, method, path);
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), APP, "{path}");
        assert!(is_listed(&answer, "Access-Control-Allow-Methods", &[method]), "{path}");
        let headers = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Accept-Language"];
        assert!(is_listed(&answer, "Access-Control-Allow-Headers", &headers), "{path}");
        assert!(answer.header("Access-Control-Max-Age").parse::<u32>().unwrap() > 0, "{path}");
        assert!(vary(&answer).contains("Origin"), "{path}");
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), "", "{path}");
    }
}

#[test]
fn every_response_to_a_configured_origin_can_be_read_errors_too() {
    let app = app_for(&[APP]);
    let registered = register(&app, "user", "amina@example.com");
    let bearer = format!("Bearer {}", registered.text_at("access"));
    let large = app.request(Method::POST, "/api/login").header("Origin", APP);
    let large = large.header("Content-Type", "application/json").body("x".repeat(100_000)).unwrap();
    for (answer, status) in [
        (send_from(&app, APP, Method::GET, "/api/me", &[("Authorization", &bearer)]), 200),
        (send_from(&app, APP, Method::GET, "/api/me", &[]), 401),
        (send_from(&app, APP, Method::GET, "/api/nowhere", &[]), 404),
        (send_from(&app, APP, Method::GET, "/api/login", &[]), 405),
        (app.send(large), 413),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), APP, "{status}");
        let exposed = ["X-Request-Id", "Retry-After", "ETag", "WWW-Authenticate"];
        assert!(is_listed(&answer, "Access-Control-Expose-Headers", &exposed), "{status}");
        assert!(vary(&answer).contains("Origin"), "{status}");
    }
    // A cache must not give this response to a web page.
    assert!(vary(&app.get("/api/me")).contains("Origin"));
}

#[test]
fn a_listed_origin_can_read_errors_of_requests_that_do_not_reach_the_service() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.http.cors_origins = vec![APP.to_owned()];
        options.connections.head_timeout = Duration::from_secs(1);
    });
    let long = "x".repeat(70_000);
    let status = |origin: &str, line: &str, end: &str| {
        let answer = app.send_bytes(format!("{line} HTTP/1.1\r\nOrigin: {origin}\r\n{end}").as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        for header in ["cache-control: no-store", "content-type: application/problem+json", "x-request-id: "]
        {
            assert!(head.contains(header), "no {header}: {answer}");
        }
        assert_eq!(
            head.contains(&format!("access-control-allow-origin: {origin}")),
            origin == APP,
            "{answer}"
        );
        assert!(head.lines().any(|line| line.starts_with("vary: ") && line.contains("origin")), "{answer}");
        serde_json::from_str::<Value>(body).unwrap()["status"].as_u64().unwrap()
    };
    for origin in [APP, "https://elsewhere.example"] {
        assert_eq!(status(origin, "GET /api/me", "Not a header\r\n\r\n"), 400);
        assert_eq!(status(origin, "GET /api/me", "Content-Length: -1\r\n\r\n"), 400);
        assert_eq!(status(origin, "GET /api/me", ""), 408);
        assert_eq!(status(origin, "GET /api/me", &format!("X: {long}\r\n\r\n")), 431);
    }
}

#[test]
fn other_origins_are_not_allowed() {
    for (app, origin) in [
        (TestApp::start(), APP),
        (app_for(&[APP]), "null"),
        (app_for(&[APP]), "https://app.example.dz.evil.example"),
        (app_for(&[APP]), "https://app.example.dz:8443"),
        (app_for(&[APP]), "http://app.example.dz"),
        (app_for(&[APP]), "HTTPS://APP.EXAMPLE.DZ"),
    ] {
        for answer in
            [preflight(&app, origin, "GET", "/api/me"), send_from(&app, origin, Method::GET, "/api/me", &[])]
        {
            assert!(answer.status >= 400, "{origin}: {}", answer.status);
            assert_eq!(answer.header("Access-Control-Allow-Origin"), "", "{origin}");
        }
    }
}

#[test]
fn keys_and_reference_data_are_open_to_every_origin() {
    for app in [TestApp::start(), app_for(&[APP])] {
        for path in [
            "/.well-known/jwks.json",
            "/openapi.json",
            "/api/specialites",
            "/api/specialites/",
            "/api/reference/communes?wilaya=16",
        ] {
            for origin in [APP, "https://elsewhere.example", "null"] {
                let answer = send_from(&app, origin, Method::GET, path, &[]);
                assert_eq!(
                    (answer.status, answer.header("Access-Control-Allow-Origin")),
                    (200, "*"),
                    "{path}"
                );
                let answer = preflight(&app, origin, "GET", path);
                assert_eq!(
                    (answer.status, answer.header("Access-Control-Allow-Origin")),
                    (204, "*"),
                    "{path}"
                );
            }
            // A cache may give this response to a web page.
            assert_eq!(app.get(path).header("Access-Control-Allow-Origin"), "*", "{path}");
            assert!(!vary(&app.get(path)).contains("Origin"), "{path}");
        }
    }
}

#[test]
fn options_that_are_no_preflight_are_refused_as_before() {
    let app = app_for(&[APP]);
    let answer = send_from(&app, APP, Method::OPTIONS, "/api/me", &[]);
    assert_eq!((answer.status, answer.header("Allow")), (405, "GET, HEAD, PATCH"));
    assert_eq!(app.post("/api/me", &json!({})).status, 405);
}
