//! `POST /api/me/password`.

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{assert_fields, assert_problem, log_in, log_in_with, register};

const NEW: &str = "كلمة سر جديدة";

fn change(app: &TestApp, token: &str, body: &Value) -> Response {
    let request = app
        .request(Method::POST, "/api/me/password")
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {token}"));
    app.send(request.body(body.to_string()).unwrap())
}

fn to_new() -> Value {
    json!({ "current_password": samples::PASSWORD, "new_password": NEW })
}

#[test]
fn only_the_new_password_logs_in() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let answer = change(&app, registered.text_at("access"), &to_new());
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(log_in_with(&app, "user", "amina@example.com", NEW).status, 200);
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 401);
}

#[test]
fn all_sessions_except_the_callers_are_revoked() {
    let app = TestApp::start();
    let other = register(&app, "user", "amina@example.com");
    let own = log_in(&app, "user", "amina@example.com");
    assert_eq!(change(&app, own.text_at("access"), &to_new()).status, 204);
    assert_eq!(app.get_as(own.text_at("access"), "/api/me").status, 200);
    assert_problem(&app.get_as(other.text_at("access"), "/api/me"), 401, "token_not_valid", "me");
    let refresh = |answer: &Response| {
        app.post("/api/token/refresh", &json!({ "refresh": answer.text_at("refresh") })).status
    };
    assert_eq!((refresh(&own), refresh(&other)), (200, 401));
}

#[test]
fn a_wrong_current_password_changes_nothing_and_is_a_field_error() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let body = json!({ "current_password": NEW, "new_password": NEW });
    let answer = change(&app, registered.text_at("access"), &body);
    assert_fields(&answer, &[("current_password", "wrong")], "wrong");
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}

#[test]
fn the_new_password_must_follow_the_rules_and_both_passwords_are_required() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let answer = change(&app, registered.text_at("access"), &json!({ "new_password": "1234567" }));
    assert_fields(&answer, &[("current_password", "required"), ("new_password", "too_short")], "both");
}

#[test]
fn only_one_of_two_simultaneous_changes_succeeds() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (app, registered) = (&app, &registered);
        let runners: Vec<_> = (0..2)
            .map(|number| {
                let body = json!({
                    "current_password": samples::PASSWORD,
                    "new_password": format!("the new password {number}"),
                });
                scope.spawn(move || change(app, registered.text_at("access"), &body).status)
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    let worked: Vec<u16> = (0..2)
        .map(|number| {
            log_in_with(&app, "user", "amina@example.com", &format!("the new password {number}")).status
        })
        .collect();
    assert!(statuses.contains(&204) && statuses.contains(&400), "{statuses:?}");
    let wanted: Vec<u16> = statuses.iter().map(|status| if *status == 204 { 200 } else { 401 }).collect();
    assert_eq!(worked, wanted);
}

#[test]
fn the_owner_gets_a_mail_about_each_change() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let _ = app.mail();
    let wrong = json!({ "current_password": NEW, "new_password": NEW });
    for (body, told) in [(wrong, None), (to_new(), Some("password_changed"))] {
        change(&app, registered.text_at("access"), &body);
        let mails = app.mail();
        let templates = mails.iter().map(|mail| mail.content.template().as_str());
        assert_eq!(templates.collect::<Vec<_>>(), told.into_iter().collect::<Vec<_>>());
        assert!(mails.iter().all(|mail| mail.to.as_str() == "amina@example.com"));
        let values = mails.iter().flat_map(|mail| mail.content.params().values());
        assert!(values.eq(told.map(|_| "2026-11-23T09:30:00Z").iter()));
    }
}
