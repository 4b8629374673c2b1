//! Registrations where the service hides which addresses are known.

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::mail::Template;
use sihha_tests::{Response, TestApp, TestDatabase, samples};

use crate::support::{ROLES, assert_problem, log_in, profile_path, with};

fn start() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.email.hide_known_email = true;
        options.email.require_verified_email = Role::ALL.to_vec();
    })
}

fn register(app: &TestApp, role: &str, body: &Value) -> Response {
    app.post(&format!("/api/{role}/register"), body)
}

/// Returns what a client can compare.
fn seen(answer: &Response) -> (u16, String, String) {
    (answer.status, answer.text.clone(), answer.header("Content-Type").to_owned())
}

#[test]
fn a_new_and_a_taken_address_get_the_same_response_and_different_mails() {
    let app = start();
    for role in ROLES {
        let body = samples::registration(role, &format!("{role}@example.com"));
        let new = register(&app, role, &body);
        assert_eq!((new.status, &new.json), (202, &json!({})), "{role}: {}", new.text);
        let taken = register(&app, role, &with(body, &profile_path(role, "carte_id"), "OTHER"));
        assert_eq!(seen(&taken), seen(&new), "{role}");
        let templates: Vec<_> = app.mail().iter().map(|mail| mail.content.template()).collect();
        assert_eq!(templates, [Template::VerifyEmail, Template::EmailTaken], "{role}");
    }
}

#[test]
fn a_card_number_and_a_login_do_not_show_either_that_an_account_was_added() {
    let app = start();
    let known = samples::registration("user", "known@example.com");
    assert_eq!(register(&app, "user", &known).status, 202);
    for (email, card) in [("known@example.com", "PROBE 1"), ("new@example.com", "PROBE 2")] {
        let probe = with(samples::registration("user", email), "carte_id", card);
        let probe = with(probe, "password", "chosen by somebody else");
        let first = register(&app, "user", &probe);
        assert_eq!(seen(&register(&app, "user", &probe)), seen(&first), "{email}");
        let credentials = json!({ "email": email, "password": "chosen by somebody else" });
        for path in ["/api/login", "/api/user/login", "/api/token", "/api/application/status"] {
            assert_problem(&app.post(path, &credentials), 401, "wrong_credentials", path);
        }
    }
}

#[test]
fn invalid_fields_are_reported() {
    let app = start();
    let body = with(samples::registration("user", "amina@example.com"), "password", "short");
    assert_problem(&register(&app, "user", &body), 400, "invalid_fields", "short password");
}

#[test]
fn an_account_can_log_in_after_its_address_is_confirmed() {
    let app = start();
    let body = samples::registration("user", "amina@example.com");
    assert_eq!(register(&app, "user", &body).status, 202);
    assert_problem(&log_in(&app, "user", "amina@example.com"), 401, "wrong_credentials", "before");
    let confirm = "UPDATE profiles SET email_verified_at = now()";
    assert_eq!(app.database.execute(confirm).unwrap(), 1);
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}
