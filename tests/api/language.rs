//! Problem documents in the language that the client prefers.

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{assert_problem, log_in, register, with};

const LANGUAGES: [&str; 3] = ["en", "fr", "ar"];

fn get_in(app: &TestApp, language: &str, path: &str) -> Response {
    app.send(app.request(Method::GET, path).header("Accept-Language", language).body(()).unwrap())
}

fn post_in(app: &TestApp, language: &str, path: &str, body: &str) -> Response {
    let request = app.request(Method::POST, path).header("Content-Type", "application/json");
    app.send(request.header("Accept-Language", language).body(body).unwrap())
}

/// Asserts that `answer` is a problem document in `language`. It is ASCII, so that clients that
/// decode it as Latin-1 read it correctly.
#[track_caller]
fn assert_language(answer: &Response, language: &str) {
    assert_problem(answer, answer.status, answer.code(), language);
    assert_eq!(answer.header("Content-Language"), language, "{answer:?}");
    assert_eq!(answer.header("Vary"), "Accept-Language");
    assert!(answer.text.is_ascii(), "{}", answer.text);
    let is_arabic = |text: &str| text.contains(|c| ('\u{600}'..='\u{6ff}').contains(&c));
    for member in ["title", "detail"] {
        let text = answer.text_at(member);
        assert_eq!(is_arabic(text), language == "ar", "{language}: {text}");
    }
}

#[test]
fn a_problem_is_in_the_language_that_the_client_prefers() {
    let app = TestApp::start();
    let cases = [
        ("fr", "fr"),
        ("ar-DZ", "ar"),
        ("fr-DZ,fr;q=0.9,ar-DZ;q=0.8,ar;q=0.7,en-US;q=0.6,en;q=0.5", "fr"),
        ("en;q=0.5, ar", "ar"),
        ("de, fr;q=0.2", "fr"),
        ("fr;q=0, ar;q=0.1", "ar"),
        ("en-GB", "en"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
    ];
    for (header, language) in cases {
        assert_language(&get_in(&app, header, "/api/me"), language);
    }
    assert_language(&app.get("/api/me"), "en");
    let titles = LANGUAGES.map(|language| get_in(&app, language, "/nowhere").text_at("title").to_owned());
    assert_eq!(titles, ["Not found", "Introuvable", "غير موجود"]);
}

#[test]
fn the_response_to_a_hostile_header_is_in_english() {
    let app = TestApp::start();
    let hostile =
        ["fr,".repeat(10_000), ";".repeat(500), "fr;q=".to_owned(), "fr;q=NaN".to_owned(), "\"".repeat(99)];
    for header in hostile {
        assert_language(&get_in(&app, &header, "/api/me"), "en");
    }
}

#[test]
fn every_problem_is_translated_and_keeps_its_code() {
    let app = TestApp::start();
    let email = "amina@example.com";
    let token = register(&app, "user", email).text_at("access").to_owned();
    let wrong = json!({ "email": email, "password": "not hers" }).to_string();
    let registered = samples::patient(email).to_string();
    let all = |language: &str| {
        let no_type = app.request(Method::POST, "/api/user/login").header("Accept-Language", language);
        let unknown = app.request(Method::DELETE, "/api/me/sessions/7").header("Accept-Language", language);
        let unknown = unknown.header("Authorization", format!("Bearer {token}"));
        [
            get_in(&app, language, "/nowhere"),
            get_in(&app, language, "/api/user/login"),
            get_in(&app, language, "/api/me"),
            post_in(&app, language, "/api/user/login", "{"),
            post_in(&app, language, "/api/user/login", "{}"),
            post_in(&app, language, "/api/user/login", &wrong),
            post_in(&app, language, "/api/user/register", &registered),
            post_in(&app, language, "/api/user/register", &" ".repeat(70_000)),
            app.send(no_type.body("{}").unwrap()),
            app.send(unknown.body(()).unwrap()),
        ]
    };
    let [english, french, arabic] = LANGUAGES.map(all);
    for ((english, french), arabic) in english.iter().zip(&french).zip(&arabic) {
        for (answer, language) in [(english, "en"), (french, "fr"), (arabic, "ar")] {
            assert_language(answer, language);
            assert_eq!((answer.status, answer.code()), (english.status, english.code()));
        }
        assert_ne!(english.text_at("detail"), french.text_at("detail"));
        assert_eq!(english.header("WWW-Authenticate"), arabic.header("WWW-Authenticate"));
    }
    let statuses: Vec<_> = english.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [404, 405, 401, 400, 400, 401, 409, 413, 415, 404]);
}

#[test]
fn the_response_to_an_incomplete_body_is_in_the_language_of_its_head() {
    let app = TestApp::start();
    let answer = app.send_bytes(
        b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nAccept-Language: fr\r\nContent-Type: application/json\r\n\
          Content-Length: 99\r\n\r\n{",
    );
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains(r#""title":"D\u00e9lai d\u00e9pass\u00e9""#),
        "{answer}"
    );
}

#[test]
fn a_client_can_rebuild_each_message_from_code_and_parameters() {
    let app = TestApp::start();
    let body = [
        ("password", json!("1234567")),
        ("email", json!("amina")),
        ("first_name", json!("x".repeat(151))),
        ("birth_date", json!("1800-01-01")),
        ("gender", json!("male")),
        ("married", json!("yes")),
        ("last_name", json!("")),
        ("emergency_numbers", json!(vec!["17"; 11])),
    ];
    let body = body
        .into_iter()
        .fold(samples::patient("a@example.com"), |body, (path, value)| with(body, path, value));
    let params = [
        ("birth_date", json!({ "years": 150 })),
        ("email", json!({ "format": "email" })),
        ("emergency_numbers", json!({ "max": 10 })),
        ("first_name", json!({ "max": 150 })),
        ("gender", json!({ "choices": ["Male", "Female"] })),
        ("last_name", json!({})),
        ("married", json!({ "type": "boolean" })),
        ("password", json!({ "min": 8 })),
    ];
    let answers = LANGUAGES.map(|language| post_in(&app, language, "/api/user/register", &body.to_string()));
    for (answer, language) in answers.iter().zip(LANGUAGES) {
        assert_language(answer, language);
        assert_eq!(answer.field_paths(), params.each_ref().map(|(path, _)| *path));
        for (path, params) in &params {
            let error = &answer.json["errors"][path][0];
            assert_eq!(&error["params"], params, "{path}");
            assert_eq!(error["code"], answers[0].json["errors"][path][0]["code"], "{path}");
            let message = error["message"].as_str().unwrap();
            for number in params.as_object().unwrap().values().filter(|value| value.is_number()) {
                assert!(message.contains(&number.to_string()), "{path}: {message}");
            }
        }
    }
    let of_password = answers.each_ref().map(|answer| &answer.json["errors"]["password"][0]["message"]);
    let expected =
        ["Enter at least 8 characters.", "Saisissez au moins 8 caractères.", "يُرجى إدخال 8 أحرف على الأقل."];
    assert_eq!(of_password, expected.map(Value::from).each_ref());
}

#[test]
fn the_contracts_text_for_a_pending_account_is_the_same_in_every_language() {
    let app = TestApp::start();
    register(&app, "doctor", "khalido@example.com");
    let english = log_in(&app, "doctor", "khalido@example.com");
    let login = samples::login("khalido@example.com").to_string();
    for language in LANGUAGES {
        let answer = post_in(&app, language, "/api/doctor/login", &login);
        assert_eq!((answer.status, answer.text.as_str()), (404, r#""You are not approved yet""#));
        assert_eq!(answer.header("Content-Type"), english.header("Content-Type"));
        assert_eq!(answer.header("Content-Language"), "");
    }
}
