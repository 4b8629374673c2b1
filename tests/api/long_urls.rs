//! Long URLs.

use serde_json::{Value, json};
use sihha_tests::TestApp;

use crate::support::assert_problem;

#[test]
fn a_url_that_is_too_long_is_refused_however_it_arrives() {
    let app = TestApp::start();
    let url = |length: usize| format!("/health/live?{}", "x".repeat(length - "/health/live?".len()));
    assert_eq!(app.get(&url(8 * 1024)).status, 200);
    assert_problem(&app.get(&url(8 * 1024 + 1)), 414, "url_too_long", "one byte too long");
    // Too long for any head, so that the connection ends.
    for length in [70_000, 1_000_000] {
        let request = format!("GET {} HTTP/1.1\r\nHost: sihha\r\n\r\n", url(length));
        let answer = app.send_bytes(request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 414 ") && head.contains("application/problem+json"), "{head}");
        let document: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&document["code"], &document["status"]), (&json!("url_too_long"), &json!(414)));
        assert!(head.contains(document["request_id"].as_str().unwrap()), "{answer}");
    }
}
