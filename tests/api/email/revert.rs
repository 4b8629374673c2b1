//! `POST /api/email/revert`.

use serde_json::json;
use sihha_domain::mail::Template;
use sihha_tests::TestApp;

use crate::links::{
    AMINA, DAY, MINUTE, NEW_PASSWORD, ask_change, both, changed, find_token, owner, reset, revert, token,
    verification_token, verify,
};
use crate::support::{assert_fields, assert_problem, log_in, log_in_with, register};

const THIEF: &str = "thief@example.com";

#[test]
fn the_former_address_gets_the_account_back_and_the_thief_loses_it() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let back = changed(&app, &session, AMINA, THIEF);
    let answer = revert(&app, &back);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_problem(&app.get_as(&session, "/api/me"), 401, "token_not_valid", "a session of before");
    // Else the thief, who knows the password, would change the address again.
    assert_eq!((log_in(&app, "user", AMINA).status, log_in(&app, "user", THIEF).status), (401, 401));
    let token = token(&app, AMINA, Template::ResetPassword);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    let logged_in = log_in_with(&app, "user", AMINA, NEW_PASSWORD);
    let me = app.get_as(logged_in.text_at("access"), "/api/me").json;
    assert_eq!((&me["email"], &me["email_verified"]), (&json!(AMINA), &json!(true)));
    assert_problem(&revert(&app, &back), 400, "link_not_valid", "again");
}

#[test]
fn links_that_the_thief_asked_for_end_and_the_thief_s_address_is_free() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let back = changed(&app, &session, AMINA, THIEF);
    ask_change(&app, &session, "next@example.com");
    crate::links::forgot(&app, THIEF);
    let mails = app.mail();
    assert_eq!(revert(&app, &back).status, 204);
    let confirm = verify(&app, &find_token(&mails, "next@example.com", Template::ConfirmEmail));
    assert_problem(&confirm, 400, "link_not_valid", "a further change");
    let reset = reset(&app, &find_token(&mails, THIEF, Template::ResetPassword), NEW_PASSWORD);
    assert_problem(&reset, 400, "link_not_valid", "a new password");
    register(&app, "user", THIEF);
}

#[test]
fn after_several_changes_each_address_can_take_back_its_own_and_the_later_ones() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let back_to_a = changed(&app, &session, AMINA, "b@example.com");
    app.pass(MINUTE);
    let back_to_b = changed(&app, &session, "b@example.com", "c@example.com");
    assert_eq!(revert(&app, &back_to_a).status, 204);
    assert_problem(&revert(&app, &back_to_b), 400, "link_not_valid", "of a later change");
    let token = token(&app, AMINA, Template::ResetPassword);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
}

#[test]
fn a_token_is_valid_for_seven_days_and_for_nothing_else() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let back = changed(&app, &session, AMINA, THIEF);
    assert_problem(&verify(&app, &back), 400, "link_not_valid", "verify");
    assert_problem(&reset(&app, &back, NEW_PASSWORD), 400, "link_not_valid", "reset");
    app.pass(7 * DAY);
    assert_problem(&revert(&app, &back), 400, "link_not_valid", "expired");
    assert_eq!(log_in(&app, "user", THIEF).status, 200);
    let other = owner(&app, "other@example.com");
    let verification = verification_token(&app, &other, "other@example.com");
    assert_problem(&revert(&app, &verification), 400, "link_not_valid", "of another purpose");
    assert_problem(&revert(&app, "?"), 400, "link_not_valid", "none");
    assert_fields(&app.post("/api/email/revert", &json!({})), &[("token", "required")], "none");
}

#[test]
fn a_change_that_is_confirmed_while_another_is_taken_back_does_not_stay_with_the_thief() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let back = changed(&app, &session, AMINA, THIEF);
    ask_change(&app, &session, "next@example.com");
    let confirm = token(&app, "next@example.com", Template::ConfirmEmail);
    let (reverted, confirmed) = both(|| revert(&app, &back), || verify(&app, &confirm));
    assert_eq!(reverted, 204);
    assert!([204, 400].contains(&confirmed), "{confirmed}");
    let token = token(&app, AMINA, Template::ResetPassword);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
}
