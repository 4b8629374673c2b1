//! Request ids, by which a response is found in the log.

use sihha_tests::{Response, TestApp, TestDatabase, samples};
use ureq::http::{HeaderValue, Method};

/// Returns a server that trusts the address from which the tests send.
fn behind_a_proxy() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
}

fn get_with_id(app: &TestApp, id: &[u8]) -> Response {
    let request =
        app.request(Method::GET, "/api/me").header("X-Request-Id", HeaderValue::from_bytes(id).unwrap());
    app.send(request.body(()).unwrap())
}

/// Returns whether `id` needs no escapes in a log line, a header and a shell.
fn is_harmless(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[test]
fn every_response_has_a_request_id_and_a_problem_has_the_same() {
    let app = TestApp::start();
    let registered = app.post("/api/user/register", &samples::patient("amina@example.com"));
    let good = [registered, app.get("/health/live"), app.get("/docs/"), app.get("/openapi.json")];
    let bad = [
        app.get("/api/me"),
        app.get("/nowhere"),
        app.get("/api/user/login"),
        app.post_text("/api/user/login", "{"),
    ];
    let waiting = app.post("/api/doctor/register", &samples::doctor("khalido@example.com"));
    let waiting = [waiting, app.post("/api/doctor/login", &samples::login("khalido@example.com"))];
    for answer in good.iter().chain(&bad).chain(&waiting) {
        assert!(is_harmless(answer.header("X-Request-Id")), "{answer:?}");
    }
    for answer in &bad {
        assert_eq!(answer.text_at("request_id"), answer.header("X-Request-Id"));
    }
}

#[test]
fn two_requests_have_two_ids() {
    let app = TestApp::start();
    assert_ne!(app.get("/api/me").header("X-Request-Id"), app.get("/api/me").header("X-Request-Id"));
}

#[test]
fn a_harmless_id_from_a_proxy_is_used() {
    let app = behind_a_proxy();
    for id in ["7", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90", "nginx_1.2-A", &"x".repeat(64)] {
        let answer = get_with_id(&app, id.as_bytes());
        assert_eq!(answer.header("X-Request-Id"), id);
        assert_eq!(answer.text_at("request_id"), id);
    }
}

#[test]
fn a_hostile_id_is_replaced() {
    let app = behind_a_proxy();
    let too_long = "x".repeat(65);
    let hostile: [&[u8]; 9] = [
        b"",
        too_long.as_bytes(),
        b"two words",
        b"tab\there",
        b"<script>",
        b"{\"code\":\"ok\"}",
        b"a;rm -rf",
        "مرحبا".as_bytes(),
        b"latin \xe9",
    ];
    for id in hostile {
        let answer = get_with_id(&app, id);
        let case = String::from_utf8_lossy(id);
        assert_eq!(answer.status, 401, "{case}");
        assert_ne!(answer.header("X-Request-Id").as_bytes(), id, "{case}");
        assert!(is_harmless(answer.header("X-Request-Id")), "{case}: {answer:?}");
        assert_eq!(answer.text_at("request_id"), answer.header("X-Request-Id"), "{case}");
    }
}
