//! Logins that do not name a role: `POST /api/login`, and `POST /api/token/` as simplejwt has it.

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Client, Response, TestApp, samples};

use crate::support::{assert_fields, assert_problem, log_in, opened, register, with, without};

const PATHS: [&str; 4] = ["/api/login", "/api/login/", "/api/token", "/api/token/"];

fn email_of(role: Role) -> String {
    format!("Amina.{}@example.com", role.as_str())
}

/// Starts a server with an approved account of each role.
fn start_with_all_roles() -> TestApp {
    let app = TestApp::start();
    for role in Role::ALL {
        register(&app, role.as_str(), &email_of(role));
        if role.needs_approval() {
            app.approve(role, &email_of(role));
        }
    }
    app
}

fn log_in_as(client: &Client, path: &str, email: &str, password: &str) -> Response {
    client.post(path, &json!({ "email": email, "password": password }))
}

/// Returns a response without the values that differ between any two requests.
fn essence(answer: &Response) -> (u16, String, Value) {
    let body = without(answer.json.clone(), "request_id");
    (answer.status, answer.header("Content-Type").to_owned(), body)
}

#[test]
fn the_response_is_the_same_as_at_the_path_of_the_role() {
    let app = start_with_all_roles();
    for role in Role::ALL {
        let own = log_in(&app, role.as_str(), &email_of(role)).json;
        for path in ["/api/login", "/api/login/"] {
            let answer = app.post(path, &samples::login(&email_of(role)));
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            let tokens = ["access", "refresh"];
            let rest = |json: Value| tokens.into_iter().fold(json, without);
            assert_eq!(rest(answer.json.clone()), rest(own.clone()), "{path}");
            assert_eq!(answer.text_at("role"), role.as_str());
            let me = app.get_as(answer.text_at("access"), "/api/me");
            assert_eq!((me.status, &me.json["id"]), (200, &answer.json["id"]), "{path}");
        }
    }
}

#[test]
fn simplejwt_clients_log_in_by_email_or_username() {
    let app = start_with_all_roles();
    for role in Role::ALL {
        let email = email_of(role);
        for path in ["/api/token", "/api/token/"] {
            for name in ["email", "username"] {
                let answer = app.post(path, &json!({ name: email, "password": samples::PASSWORD }));
                assert_eq!(answer.status, 200, "{path} by {name}: {}", answer.text);
                let members: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
                assert_eq!(members, ["access", "expires_in", "refresh"], "{path} by {name}");
                assert_eq!(answer.json["expires_in"], 300);
                assert_eq!(opened(answer.text_at("access")).1["role"], role.as_str());
                let refreshed =
                    app.post("/api/token/refresh/", &json!({ "refresh": answer.text_at("refresh") }));
                assert_eq!(refreshed.status, 200, "{}", refreshed.text);
            }
        }
    }
}

#[test]
fn a_username_is_used_only_without_an_email() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    let good = json!({ "username": "amina@example.com", "password": samples::PASSWORD });
    for email in [json!(null), json!(""), json!("  ")] {
        assert_eq!(
            app.post("/api/token/", &with(good.clone(), "email", email.clone())).status,
            200,
            "{email}"
        );
    }
    let other = app.post("/api/token/", &with(good.clone(), "email", "nobody@example.com"));
    assert_problem(&other, 401, "wrong_credentials", "the e-mail is preferred");
    let wrong = app.post("/api/token/", &with(good, "email", 5));
    assert_fields(&wrong, &[("email", "wrong_type")], "an e-mail that is a number");
}

#[test]
fn missing_fields_and_wrong_types_are_reported() {
    let app = TestApp::start();
    let both = [("email", "required"), ("password", "required")];
    for path in PATHS {
        assert_fields(&app.post(path, &json!({})), &both, path);
        assert_fields(&app.post(path, &json!({ "email": null, "password": "" })), &both, path);
        let wrong = json!({ "email": ["a"], "password": { "a": 1 } });
        assert_fields(&app.post(path, &wrong), &[("email", "wrong_type"), ("password", "wrong_type")], path);
    }
    for path in ["/api/token", "/api/token/"] {
        assert_fields(&app.post(path, &json!({ "username": "", "password": "x" })), &both[..1], path);
        let wrong = json!({ "username": true, "password": "x" });
        assert_fields(&app.post(path, &wrong), &[("username", "wrong_type")], path);
    }
}

#[test]
fn a_wrong_password_and_an_unknown_email_get_the_same_response() {
    let app = start_with_all_roles();
    register(&app, "doctor", "waiting@example.com");
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    for path in PATHS {
        let unknown = log_in_as(&app, path, "nobody@example.com", samples::PASSWORD);
        assert_problem(&unknown, 401, "wrong_credentials", path);
        let emails = Role::ALL.map(email_of);
        let others = ["waiting@example.com", "suspended@example.com"];
        for email in emails.iter().map(String::as_str).chain(others) {
            let wrong = log_in_as(&app, path, email, "not the password");
            assert_eq!(essence(&wrong), essence(&unknown), "{path}: {email}");
        }
    }
}

#[test]
fn accounts_that_may_not_log_in_get_the_same_response_as_at_the_path_of_their_role() {
    let app = TestApp::start();
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    for role in [Role::Doctor, Role::Hospital, Role::Labo] {
        register(&app, role.as_str(), &email_of(role));
    }
    for path in PATHS {
        let suspended = log_in_as(&app, path, "suspended@example.com", samples::PASSWORD);
        assert_problem(&suspended, 403, "account_suspended", path);
        for role in [Role::Doctor, Role::Hospital, Role::Labo] {
            let waiting = log_in_as(&app, path, &email_of(role), samples::PASSWORD);
            assert_eq!(
                (waiting.status, waiting.text.as_str()),
                (404, r#""You are not approved yet""#),
                "{path}"
            );
        }
    }
}

#[test]
fn hostile_values_are_refused() {
    let long = format!("{}@example.com", "a".repeat(10_000));
    let hostile =
        ["amina@example.com\u{0}", "\u{202e}amina@example.com", "' OR 1=1 --", "amina@example.com%00", &long];
    for path in PATHS {
        // With another server no address gets more wrong passwords than are free.
        let app = TestApp::start();
        register(&app, "user", "amina@example.com");
        for value in hostile {
            let answers = [
                log_in_as(&app, path, value, samples::PASSWORD),
                log_in_as(&app, path, "amina@example.com", value),
                app.post(path, &json!({ "username": value, "password": samples::PASSWORD })),
            ];
            for answer in answers {
                assert!([400, 401].contains(&answer.status), "{path}: {value:.40}: {}", answer.text);
            }
        }
    }
}
