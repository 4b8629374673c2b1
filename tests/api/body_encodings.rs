//! Bodies that are not in UTF-8, or begin with a byte order mark.

use sihha_tests::{TestApp, samples};
use ureq::http::Method;

use crate::support::assert_problem;

#[test]
fn a_body_that_is_not_utf_8_is_refused() {
    let app = TestApp::start();
    let bodies: [(&str, &str, &[u8], &str); 6] = [
        ("Latin-1", "", b"{\"email\": \"am\xe9lie@example.com\"}", "Latin-1"),
        ("declared Latin-1", "; charset=iso-8859-1", b"{\"email\": \"\xe9@example.com\"}", "Latin-1"),
        ("UTF-16", "", b"\xff\xfe{\0}\0", "UTF-16"),
        ("UTF-16 without a mark", "; charset=utf-16le", b"{\0}\0", "UTF-16"),
        ("an overlong slash", "", b"{\"email\": \"\xc0\xaf\"}", "UTF-8"),
        ("a surrogate in UTF-8", "", b"{\"email\": \"\xed\xa0\x80\"}", "UTF-8"),
    ];
    for (case, parameter, body, encoding) in bodies {
        let media_type = format!("application/json{parameter}");
        let request = app.request(Method::POST, "/api/user/login").header("Content-Type", media_type);
        let answer = app.send(request.body(body).unwrap());
        assert_problem(&answer, 400, "malformed_json", case);
        assert!(answer.text_at("detail").contains(encoding), "{case}: {}", answer.text);
    }
}

#[test]
fn a_byte_order_mark_before_json_is_ignored() {
    let app = TestApp::start();
    let body = format!("\u{feff}{}", samples::patient("amina@example.com"));
    assert_eq!(app.post_text("/api/user/register", &body).status, 201);
}
