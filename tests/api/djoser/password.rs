//! `/auth/users/reset_password/`, `reset_password_confirm/` and `set_password/`.

use serde_json::{Value, json};
use sihha_domain::mail::Template;
use sihha_tests::{TestApp, samples};

use crate::links::{AMINA, NEW_PASSWORD, owner, post_as, receivers, token, uid_and_token};
use crate::support::{assert_fields, assert_problem, log_in, log_in_with, with};

fn confirmation(token: &str) -> Value {
    with(uid_and_token(token), "new_password", NEW_PASSWORD)
}

#[test]
fn a_forgotten_password_is_replaced() {
    let app = TestApp::start();
    owner(&app, AMINA);
    for email in [AMINA, "nobody@example.com"] {
        let asked = app.post("/auth/users/reset_password/", &json!({ "email": email }));
        assert_eq!((asked.status, asked.text.as_str()), (204, ""), "{email}");
    }
    let token = token(&app, AMINA, Template::ResetPassword);
    let confirm = || app.post("/auth/users/reset_password_confirm/", &confirmation(&token));
    let answer = confirm();
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(log_in(&app, "user", AMINA).status, 401);
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
    assert_problem(&confirm(), 400, "link_not_valid", "again");
}

#[test]
fn errors_name_the_members_of_djoser() {
    let app = TestApp::start();
    let answer = app.post("/auth/users/reset_password/", &json!({}));
    assert_fields(&answer, &[("email", "required")], "reset_password");
    let answer = app.post("/auth/users/reset_password_confirm/", &json!({ "new_password": "1234567" }));
    let wanted = [("uid", "required"), ("token", "required"), ("new_password", "too_short")];
    assert_fields(&answer, &wanted, "reset_password_confirm");
    let unknown = json!({ "uid": "MQ", "token": "c9x2k1-4f0d", "new_password": NEW_PASSWORD });
    let answer = app.post("/auth/users/reset_password_confirm/", &unknown);
    assert_problem(&answer, 400, "link_not_valid", "a token of the legacy backend");
}

#[test]
fn the_caller_sets_another_password() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let path = "/auth/users/set_password/";
    let wrong = json!({ "current_password": "wrong", "new_password": NEW_PASSWORD });
    assert_fields(&post_as(&app, &session, path, &wrong), &[("current_password", "wrong")], "wrong");
    let right = json!({ "current_password": samples::PASSWORD, "new_password": NEW_PASSWORD });
    let answer = post_as(&app, &session, path, &right);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
    assert_problem(&app.post(path, &right), 401, "token_not_valid", "no token");
    assert!(receivers(&app, Template::ResetPassword).is_empty());
}
