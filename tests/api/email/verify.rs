//! `POST /api/me/email/verification` and `POST /api/email/verify`.

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::mail::Template;
use sihha_tests::{TestApp, samples};

use crate::links::{
    AMINA, DAY, HOUR, MINUTE, access, ask_verification, both, owner, receivers, reset_token, token,
    verification_token, verify,
};
use crate::support::{assert_fields, assert_invalid_token, assert_problem, register};

/// Returns whether the account says that its address is confirmed.
fn is_verified(app: &TestApp, access: &str) -> Value {
    app.get_as(access, "/api/me").json["email_verified"].clone()
}

#[test]
fn the_token_of_the_mail_confirms_the_address_once() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    assert_eq!(is_verified(&app, &access), false);
    let asked = ask_verification(&app, &access);
    assert_eq!((asked.status, asked.text.as_str()), (202, "{}"));
    let token = token(&app, AMINA, Template::VerifyEmail);
    let answer = verify(&app, &token);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(is_verified(&app, &access), true);
    assert_problem(&verify(&app, &token), 400, "link_not_valid", "again");
    // A confirmed address needs no other mail.
    app.pass(2 * MINUTE);
    assert_eq!(ask_verification(&app, &access).status, 202);
    assert!(receivers(&app, Template::VerifyEmail).is_empty());
}

#[test]
fn an_applicant_who_may_not_log_in_can_confirm_the_address() {
    let app = TestApp::start();
    register(&app, "doctor", "doctor@example.com");
    app.reject(Role::Doctor, "doctor@example.com");
    app.pass(2 * HOUR);
    let status = app.post("/api/application/status", &samples::login("doctor@example.com"));
    let access = status.text_at("access");
    let token = verification_token(&app, access, "doctor@example.com");
    assert_eq!(verify(&app, &token).status, 204);
    let me = app.get_as(access, "/api/me").json;
    assert_eq!(me["profile"]["email_verified"], true, "{me}");
}

#[test]
fn an_account_gets_one_mail_a_minute_and_five_an_hour_and_the_last_link_stays_valid() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let (mut sent, mut last) = (Vec::new(), String::new());
    for _ in 0..6 {
        let access = access(&app, AMINA);
        for _ in 0..2 {
            assert_eq!(ask_verification(&app, &access).status, 202);
            sent.extend(
                app.mail().into_iter().filter(|mail| mail.content.template() == Template::VerifyEmail),
            );
        }
        last = access;
        app.pass(MINUTE);
    }
    assert_eq!(sent.len(), 5, "{sent:?}");
    assert_problem(
        &verify(&app, &sent[3].content.token().unwrap().expose()),
        400,
        "link_not_valid",
        "replaced",
    );
    assert_eq!(verify(&app, &sent[4].content.token().unwrap().expose()).status, 204);
    assert_eq!(is_verified(&app, &last), true);
}

#[test]
fn an_hour_later_there_is_another_mail() {
    let app = TestApp::start();
    owner(&app, AMINA);
    for _ in 0..5 {
        verification_token(&app, &access(&app, AMINA), AMINA);
        app.pass(MINUTE);
    }
    app.pass(HOUR);
    verification_token(&app, &access(&app, AMINA), AMINA);
}

#[test]
fn a_token_that_is_expired_of_another_purpose_or_of_another_account_confirms_nothing() {
    let app = TestApp::start();
    let first = owner(&app, AMINA);
    let expired = verification_token(&app, &first, AMINA);
    app.pass(DAY);
    let reset = reset_token(&app, AMINA);
    let other = owner(&app, "other@example.com");
    let others = verification_token(&app, &other, "other@example.com");
    let of_both = format!("{}.{}", expired.split_once('.').unwrap().0, others.split_once('.').unwrap().1);
    for token in [expired.as_str(), &reset, &of_both, "?", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90."] {
        assert_problem(&verify(&app, token), 400, "link_not_valid", token);
    }
    assert_fields(&app.post("/api/email/verify", &json!({})), &[("token", "required")], "none");
    assert_eq!(is_verified(&app, &access(&app, AMINA)), false);
}

#[test]
fn of_two_simultaneous_uses_one_confirms() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let token = verification_token(&app, &access, AMINA);
    let outcome = both(|| verify(&app, &token), || verify(&app, &token));
    assert!(matches!(outcome, (204, 400) | (400, 204)), "{outcome:?}");
}

#[test]
fn a_token_that_is_not_good_does_not_wait_for_the_account() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let token = verification_token(&app, &access, AMINA);
    let wrong = format!("{}.{}", token.split_once('.').unwrap().0, "0".repeat(64));
    let check = |pg: &mut PgConnection| {
        pg.batch_execute("BEGIN; SELECT 1 FROM profiles FOR UPDATE")?;
        for path in ["/api/email/verify", "/api/email/revert"] {
            let answer = app.post(path, &json!({ "token": wrong }));
            assert_problem(&answer, 400, "link_not_valid", path);
        }
        pg.batch_execute("ROLLBACK")
    };
    app.database.run(check).unwrap();
}

#[test]
fn a_mail_needs_a_live_session() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    app.suspend(AMINA);
    assert_invalid_token(&ask_verification(&app, &access), "suspended");
    assert!(receivers(&app, Template::VerifyEmail).is_empty());
}
