//! `POST /api/password/reset`.

use serde_json::json;
use sihha_domain::mail::Template;
use sihha_tests::TestApp;

use crate::links::{
    AMINA, HOUR, MINUTE, NEW_PASSWORD, access, both, find_token, forgot, owner, receivers, reset,
    reset_token, verification_token, verify,
};
use crate::support::{assert_fields, assert_problem, log_in, log_in_with, register};

#[test]
fn only_the_new_password_logs_in_and_all_sessions_are_revoked() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let answer = reset(&app, &reset_token(&app, AMINA), NEW_PASSWORD);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_problem(&app.get_as(&session, "/api/me"), 401, "token_not_valid", "a session of before");
    assert_eq!(log_in(&app, "user", AMINA).status, 401);
    let logged_in = log_in_with(&app, "user", AMINA, NEW_PASSWORD);
    assert_eq!(logged_in.status, 200);
    let ended = app.get_as(logged_in.text_at("access"), "/api/me/sessions?status=ended");
    assert_eq!(ended.json[0]["end_reason"], "password_reset", "{}", ended.text);
}

#[test]
fn the_owner_gets_a_notice_and_the_address_is_confirmed() {
    let app = TestApp::start();
    owner(&app, AMINA);
    assert_eq!(reset(&app, &reset_token(&app, AMINA), NEW_PASSWORD).status, 204);
    assert_eq!(receivers(&app, Template::PasswordChanged), [AMINA]);
    let logged_in = log_in_with(&app, "user", AMINA, NEW_PASSWORD);
    let me = app.get_as(logged_in.text_at("access"), "/api/me");
    assert_eq!(me.json["email_verified"], true, "{}", me.text);
}

#[test]
fn an_applicant_who_waits_can_set_a_password() {
    let app = TestApp::start();
    register(&app, "doctor", "doctor@example.com");
    app.pass(2 * HOUR);
    assert_eq!(reset(&app, &reset_token(&app, "doctor@example.com"), NEW_PASSWORD).status, 204);
    let credentials = json!({ "email": "doctor@example.com", "password": NEW_PASSWORD });
    assert_eq!(app.post("/api/application/status", &credentials).status, 200);
}

#[test]
fn a_token_that_is_used_replaced_expired_of_another_purpose_or_unknown_changes_nothing() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let used = reset_token(&app, AMINA);
    assert_eq!(reset(&app, &used, NEW_PASSWORD).status, 204);
    app.pass(MINUTE);
    let replaced = reset_token(&app, AMINA);
    app.pass(MINUTE);
    let expired = reset_token(&app, AMINA);
    app.pass(30 * MINUTE);
    let other = owner(&app, "other@example.com");
    let verification = verification_token(&app, &other, "other@example.com");
    let others = reset_token(&app, "other@example.com");
    let (own_id, others_secret) = (used.split_once('.').unwrap().0, others.split_once('.').unwrap().1);
    let of_both = format!("{own_id}.{others_secret}");
    let answers = [&used, &replaced, &expired, &verification, &of_both, &session, "?"]
        .map(|token| reset(&app, token, "a third password"));
    for (number, answer) in answers.iter().enumerate() {
        assert_problem(answer, 400, "link_not_valid", &number.to_string());
        assert_eq!(answer.text_at("detail"), answers[0].text_at("detail"), "{number}");
    }
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
    assert_eq!(log_in(&app, "user", "other@example.com").status, 200);
    // None of these attempts used it up.
    assert_eq!(reset(&app, &others, NEW_PASSWORD).status, 204);
}

#[test]
fn a_field_error_does_not_use_the_token_up() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = reset_token(&app, AMINA);
    assert_fields(&reset(&app, &token, "1234567"), &[("password", "too_short")], "short");
    let none = app.post("/api/password/reset", &json!({}));
    assert_fields(&none, &[("token", "required"), ("password", "required")], "none");
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
}

#[test]
fn of_two_simultaneous_resets_with_one_token_one_succeeds() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = reset_token(&app, AMINA);
    let (one, other) =
        both(|| reset(&app, &token, "the first password"), || reset(&app, &token, "the second password"));
    let logs_in = |password: &str| log_in_with(&app, "user", AMINA, password).status == 200;
    let outcome = (one, other, logs_in("the first password"), logs_in("the second password"));
    assert!(matches!(outcome, (204, 400, true, false) | (400, 204, false, true)), "{outcome:?}");
    assert_eq!(receivers(&app, Template::PasswordChanged).len(), 1);
}

#[test]
fn a_reset_or_a_changed_password_ends_the_links_that_the_old_password_could_ask_for() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    crate::links::ask_change(&app, &session, "thief@example.com");
    forgot(&app, AMINA);
    let mails = app.mail();
    let confirm = find_token(&mails, "thief@example.com", Template::ConfirmEmail);
    let token = find_token(&mails, AMINA, Template::ResetPassword);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    assert_problem(&verify(&app, &confirm), 400, "link_not_valid", "the thief's");

    let other = owner(&app, "other@example.com");
    let token = reset_token(&app, "other@example.com");
    let passwords =
        json!({ "current_password": sihha_tests::samples::PASSWORD, "new_password": NEW_PASSWORD });
    assert_eq!(crate::links::post_as(&app, &other, "/api/me/password", &passwords).status, 204);
    assert_problem(&reset(&app, &token, "a third password"), 400, "link_not_valid", "of before");
    assert!(access(&app, "other@example.com").is_empty(), "the old password");
}
