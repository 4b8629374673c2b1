//! Requests that are rejected before any field is read.

use serde_json::json;
use sihha_tests::{Response, TestApp, samples};
use ureq::SendBody;
use ureq::http::Method;

use crate::support::{assert_fields, assert_problem, log_in, register, with};

const POSTS: [&str; 8] = [
    "/api/user/register",
    "/api/doctor/register",
    "/api/hospital/register",
    "/api/labo/register",
    "/api/user/login",
    "/api/doctor/login",
    "/api/hospital/login",
    "/api/labo/login",
];
const GETS: [&str; 5] = ["/api/me", "/api/specialites", "/health/live", "/health/ready", "/openapi.json"];
const LIMIT: usize = 64 * 1024;

fn post_with(app: &TestApp, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let request = app.request(Method::POST, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.send(request.body(body).unwrap())
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    let app = TestApp::start();
    let bodies = [
        ("nothing", ""),
        ("white space", " \n "),
        ("half an object", r#"{"email": "amina@example.com""#),
        ("half a text", r#"{"email": "ami"#),
        ("no quotes", "{email: amina}"),
        ("single quotes", "{'email': 'amina'}"),
        ("a trailing comma", r#"{"email": "amina@example.com",}"#),
        ("a comment", r#"{"email": /* here */ "amina@example.com"}"#),
        ("NaN", r#"{"email": NaN}"#),
        ("two objects", "{}{}"),
        ("a form", "email=amina%40example.com&password=12345678"),
        ("a bare NUL", "\0"),
        ("a bare NUL in a text", "{\"email\": \"a\0b\"}"),
        ("a bare line break in a text", "{\"email\": \"a\nb\"}"),
        ("a lone high surrogate", r#"{"email": "\ud800"}"#),
        ("a lone low surrogate", r#"{"email": "\udc00@example.com"}"#),
        ("surrogates in the wrong order", r#"{"email": "\udc00\ud800"}"#),
        ("a lone surrogate in an ignored member", r#"{"nickname": "\ud800"}"#),
        ("a lone surrogate in a name", r#"{"\ud800": 1}"#),
        ("a broken escape", r#"{"email": "\u12"}"#),
        ("a number that is too large", r#"{"married": 1e999999}"#),
    ];
    for path in POSTS {
        for (case, body) in bodies {
            assert_problem(&app.post_text(path, body), 400, "malformed_json", &format!("{path}: {case}"));
        }
    }
}

#[test]
fn json_other_than_an_object_is_refused() {
    let app = TestApp::start();
    for path in POSTS {
        for body in [json!([]), json!([{}]), json!(7), json!("text"), json!(true), json!(null)] {
            assert_problem(&app.post(path, &body), 400, "malformed_json", &format!("{path}: {body}"));
        }
    }
}

#[test]
fn the_deepest_nesting_that_fits_the_limit_is_refused_and_the_service_survives() {
    let app = TestApp::start();
    let depth = LIMIT / 2 - 100;
    let nested = |open: &str, close: &str, depth: usize| {
        format!(r#"{{"email": {}0{}}}"#, open.repeat(depth), close.repeat(depth))
    };
    for path in POSTS {
        for body in [
            nested("[", "]", depth),
            nested(r#"{"a":"#, "}", LIMIT / 7),
            "[".repeat(LIMIT),
            "{\"a\":".repeat(LIMIT / 5),
        ] {
            assert_problem(&app.post_text(path, &body), 400, "malformed_json", path);
        }
    }
    assert_eq!(app.get("/health/live").status, 200);
}

#[test]
fn the_last_of_two_members_with_the_same_name_is_used() {
    let app = TestApp::start();
    let body = samples::patient("last@example.com").to_string();
    let twice = format!(r#"{{"email": "first@example.com", {}"#, &body[1..]);
    let answer = app.post_text("/api/user/register", &twice);
    assert_eq!((answer.status, &answer.json["email"]), (201, &json!("last@example.com")), "{}", answer.text);
    assert_eq!(log_in(&app, "user", "last@example.com").status, 200);
    assert_eq!(log_in(&app, "user", "first@example.com").status, 401);
}

#[test]
fn a_text_of_sixty_thousand_characters_is_reported_as_too_long() {
    let app = TestApp::start();
    let huge = "x".repeat(60_000);
    for path in ["email", "carte_id", "first_name", "last_name", "numero_tel", "address", "image", "password"]
    {
        let body = with(samples::patient("amina@example.com"), path, huge.as_str());
        let answer = app.post("/api/user/register", &body);
        assert_fields(&answer, &[(path, "too_long")], path);
        assert!(answer.text.len() < 1000, "the response quotes {path}");
    }
}

#[test]
fn another_content_type_is_refused() {
    let app = TestApp::start();
    let types: [&[(&str, &str)]; 10] = [
        &[],
        &[("Content-Type", "")],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "text/json")],
        &[("Content-Type", "application/jsonp")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "multipart/form-data; boundary=json")],
        &[("Content-Type", "text/plain; application/json")],
        &[("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
        &[("Content-Type", "application/json"), ("Content-Encoding", "br")],
    ];
    for path in POSTS {
        for headers in types {
            let answer = post_with(&app, path, headers, &samples::patient("amina@example.com").to_string());
            assert_problem(&answer, 415, "unsupported_media_type", &format!("{path}: {headers:?}"));
            let (name, value) = if headers.len() < 2 {
                ("Accept", "application/json")
            } else {
                ("Accept-Encoding", "identity")
            };
            assert_eq!(answer.header(name), value, "{path}: {headers:?}");
        }
    }
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 0);
}

#[test]
fn every_spelling_of_a_json_content_type_is_accepted() {
    let app = TestApp::start();
    let types: [&[(&str, &str)]; 6] = [
        &[("Content-Type", "application/json"), ("Content-Encoding", "Identity")],
        &[("Content-Type", "application/json")],
        &[("Content-Type", "application/json; charset=utf-8")],
        &[("Content-Type", "Application/JSON;charset=UTF-8")],
        &[("Content-Type", "application/vnd.sihha+json")],
        &[("Content-Type", "application/json"), ("Content-Encoding", "identity")],
    ];
    for (number, headers) in types.into_iter().enumerate() {
        let body = samples::patient(&format!("n{number}@example.com")).to_string();
        assert_eq!(post_with(&app, "/api/user/register", headers, &body).status, 201, "{headers:?}");
    }
}

/// Returns a registration of exactly `size` bytes.
fn of_size(email: &str, size: usize) -> String {
    let body = with(samples::patient(email), "padding", "").to_string();
    let padding = "x".repeat(size - body.len());
    body.replace(r#""padding":"""#, &format!(r#""padding":"{padding}""#))
}

fn post_chunked(app: &TestApp, path: &str, body: &str) -> Response {
    let request = app.request(Method::POST, path).header("Content-Type", "application/json");
    let mut bytes = body.as_bytes();
    app.send(request.body(SendBody::from_reader(&mut bytes)).unwrap())
}

#[test]
fn a_body_of_64_kib_is_accepted_and_one_more_byte_is_not() {
    let app = TestApp::start();
    let path = "/api/user/register";
    let (fits, too_large) = (of_size("fits@example.com", LIMIT), of_size("large@example.com", LIMIT + 1));
    assert_eq!((fits.len(), too_large.len()), (LIMIT, LIMIT + 1));
    assert_eq!(app.post_text(path, &fits).status, 201);
    assert_problem(&app.post_text(path, &too_large), 413, "payload_too_large", "Content-Length");

    let fits = of_size("chunked@example.com", LIMIT);
    assert_eq!(post_chunked(&app, path, &fits).status, 201);
    assert_problem(&post_chunked(&app, path, &too_large), 413, "payload_too_large", "chunked");
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 2);
}

#[test]
fn a_body_of_one_megabyte_is_refused_as_too_large() {
    let app = TestApp::start();
    let large = "x".repeat(1024 * 1024);
    for path in POSTS {
        assert_problem(
            &app.post_text(path, &large),
            413,
            "payload_too_large",
            &format!("{path}, Content-Length"),
        );
        assert_problem(
            &post_chunked(&app, path, &large),
            413,
            "payload_too_large",
            &format!("{path}, chunked"),
        );
    }
}

#[test]
fn an_unknown_path_is_not_found() {
    let app = TestApp::start();
    let paths = [
        "/",
        "/api",
        "/api/",
        "/api/user",
        "/api/nurse/login",
        "/api/user/register/7",
        "/api/user/register//",
        "/api/me/nothing",
        "/API/me",
        "//api/me",
        "/api/me%00",
        "/api/%2e%2e/api/me",
        "/health",
        "/admin",
        "/.env",
        "/.git/HEAD",
        "/openapi.yaml",
        "/api/%D9%85%D8%B3%D8%AA%D8%AE%D8%AF%D9%85/login",
        "/%ff%fe",
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = app.request(method.clone(), path);
            let answer = app.send(request.body("").unwrap());
            assert_problem(&answer, 404, "not_found", &format!("{method} {path}"));
        }
    }
}

fn ask(app: &TestApp, method: &str, path: &str) -> Response {
    let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    app.send(request.body(()).unwrap())
}

#[test]
fn the_response_to_another_method_names_the_allowed_methods() {
    let app = TestApp::start();
    for slash in ["", "/"] {
        for path in POSTS {
            for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
                let answer = ask(&app, method, &format!("{path}{slash}"));
                assert_problem(&answer, 405, "method_not_allowed", &format!("{method} {path}{slash}"));
                assert_eq!(answer.header("Allow"), "POST", "{method} {path}");
            }
            let head = ask(&app, "HEAD", &format!("{path}{slash}"));
            assert_eq!((head.status, head.header("Allow")), (405, "POST"), "HEAD {path}");
        }
        for path in GETS {
            let allowed = if path == "/api/me" { "GET, HEAD, PATCH" } else { "GET, HEAD" };
            let others = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
            for method in others.into_iter().filter(|method| !allowed.contains(method)) {
                let answer = ask(&app, method, &format!("{path}{slash}"));
                assert_problem(&answer, 405, "method_not_allowed", &format!("{method} {path}{slash}"));
                assert_eq!(answer.header("Allow"), allowed, "{method} {path}");
                assert_eq!(answer.headers.contains_key("Accept-Patch"), path == "/api/me", "{method} {path}");
            }
        }
    }
}

#[test]
fn head_has_the_same_response_as_get_without_the_body() {
    let app = TestApp::start();
    for path in GETS {
        let (get, head) = (app.get(path), ask(&app, "HEAD", path));
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for header in ["Content-Type", "Content-Length", "Cache-Control", "WWW-Authenticate"] {
            assert_eq!(head.header(header), get.header(header), "{path}: {header}");
        }
    }
}

#[test]
fn invalid_http_is_refused_and_the_service_survives() {
    let app = TestApp::start();
    let requests: [(&str, &[u8]); 6] = [
        ("garbage", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"),
        ("no version", b"GET /health/live\r\n\r\n"),
        ("an invalid length", b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
        (
            "two lengths",
            b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        ),
        (
            "a length and chunks",
            b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
              Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "a broken chunk",
            b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
              Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        ),
    ];
    for (case, request) in requests {
        let answer = app.send_bytes(request);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{case}: {answer}");
        assert!(answer.contains(r#""code":"bad_request""#), "{case}: {answer}");
    }
    assert_eq!(app.get("/health/live").status, 200);
}

#[test]
fn an_incomplete_body_times_out() {
    let app = TestApp::start();
    let answer = app.send_bytes(
        b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    );
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains(r#""code":"request_timeout""#), "{answer}");
}

/// Asserts that `answer` is an internal error that does not reveal its cause.
#[track_caller]
fn assert_defect_is_not_explained(answer: &Response, case: &str) {
    assert_problem(answer, 500, "internal", case);
    for word in ["passwords", "profiles", "relation", "column", "SELECT", "argon2", "diesel", "hash"] {
        assert!(!answer.text.contains(word), "{case}: {}", answer.text);
    }
}

#[test]
fn an_internal_error_does_not_reveal_its_cause() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    app.database.execute("UPDATE passwords SET hash = '$a hash that is none'").unwrap();
    assert_defect_is_not_explained(&log_in(&app, "user", "amina@example.com"), "a broken row");

    app.database.execute("ALTER TABLE passwords RENAME TO lost").unwrap();
    assert_defect_is_not_explained(&log_in(&app, "user", "amina@example.com"), "login");
    let answer = app.post("/api/doctor/register", &samples::doctor("khalido@example.com"));
    assert_defect_is_not_explained(&answer, "register");

    app.database.execute("ALTER TABLE profiles RENAME COLUMN email TO lost").unwrap();
    assert_defect_is_not_explained(&app.get_as(registered.text_at("access"), "/api/me"), "me");

    app.database.execute("ALTER TABLE profiles RENAME COLUMN lost TO email").unwrap();
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200, "the account works again");
    assert_eq!(
        app.database.number("SELECT count(*) AS n FROM profiles"),
        1,
        "no failed registration is stored"
    );
}
