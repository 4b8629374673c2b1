//! `POST /api/me/email`, and `POST /api/email/verify` with its token.

use serde_json::json;
use sihha_domain::mail::Template;
use sihha_tests::{TestApp, samples};

use crate::links::{
    AMINA, DAY, HOUR, NEW_PASSWORD, access, ask_change, both, changed, find_token, forgot, owner, post_as,
    receivers, reset, reset_token, token, verify,
};
use crate::support::{assert_fields, assert_problem, log_in, register};

const NEW: &str = "new@example.com";

#[test]
fn the_account_has_the_new_address_when_its_owner_has_confirmed_it() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let asked = ask_change(&app, &session, NEW);
    assert_eq!((asked.status, asked.text.as_str()), (202, "{}"));
    assert_eq!((log_in(&app, "user", AMINA).status, log_in(&app, "user", NEW).status), (200, 401));
    let confirm = token(&app, NEW, Template::ConfirmEmail);
    assert_eq!(verify(&app, &confirm).status, 204);
    assert_eq!((log_in(&app, "user", AMINA).status, log_in(&app, "user", NEW).status), (401, 200));
    let me = app.get_as(&session, "/api/me").json;
    assert_eq!((&me["email"], &me["email_verified"]), (&json!(NEW), &json!(true)), "{me}");
    assert_eq!(receivers(&app, Template::EmailChanged), [AMINA]);
    assert_problem(&verify(&app, &confirm), 400, "link_not_valid", "again");
}

#[test]
fn a_wrong_password_the_own_address_and_a_text_that_is_no_address_are_field_errors() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    let ask = |body| post_as(&app, &session, "/api/me/email", &body);
    let wrong = ask(json!({ "email": NEW, "password": NEW_PASSWORD }));
    assert_fields(&wrong, &[("password", "wrong")], "wrong");
    assert_fields(&ask_change(&app, &session, AMINA), &[("email", "unchanged")], "own");
    assert_fields(&ask_change(&app, &session, "new"), &[("email", "malformed")], "no address");
    assert_fields(&ask(json!({})), &[("email", "required"), ("password", "required")], "none");
    assert!(app.mail().is_empty());
}

#[test]
fn a_taken_address_gets_the_same_response_and_its_owner_a_notice() {
    let app = TestApp::start();
    register(&app, "doctor", "taken@example.com");
    let session = owner(&app, AMINA);
    let taken = ask_change(&app, &session, "Taken@example.com");
    assert_eq!((taken.status, taken.text.as_str()), (202, "{}"));
    let mails = app.mail();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((mail.to.as_str(), mail.content.template()), ("taken@example.com", Template::EmailTaken));
}

#[test]
fn requests_for_a_taken_address_do_not_keep_its_owner_from_setting_a_password() {
    let app = TestApp::start();
    owner(&app, "taken@example.com");
    let session = owner(&app, AMINA);
    for _ in 0..6 {
        assert_eq!(ask_change(&app, &session, "taken@example.com").status, 202);
    }
    assert_eq!(receivers(&app, Template::EmailTaken).len(), 1);
    reset_token(&app, "taken@example.com");
}

#[test]
fn an_address_that_was_registered_meanwhile_stays_with_its_account() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    ask_change(&app, &session, NEW);
    let confirm = token(&app, NEW, Template::ConfirmEmail);
    register(&app, "user", NEW);
    let answer = verify(&app, &confirm);
    assert_problem(&answer, 409, "taken", "registered meanwhile");
    assert_eq!(answer.field_codes("email"), ["taken"]);
    assert_eq!(app.get_as(&session, "/api/me").json["email"], AMINA);
}

#[test]
fn nobody_registers_with_the_former_address_while_its_owner_can_take_the_change_back() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    changed(&app, &session, AMINA, NEW);
    let mut other = samples::patient("other@example.com");
    other["email"] = json!(AMINA);
    let try_register = || app.post("/api/user/register", &other);
    app.purge_mail();
    assert_problem(&try_register(), 409, "taken", "at once");
    app.pass(6 * DAY + 23 * HOUR);
    app.purge_mail();
    assert_problem(&try_register(), 409, "taken", "after nearly seven days");
    app.pass(2 * HOUR);
    app.purge_mail();
    assert_eq!(try_register().status, 201);
}

#[test]
fn links_that_were_sent_to_the_former_address_end() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    forgot(&app, AMINA);
    ask_change(&app, &session, NEW);
    let mails = app.mail();
    assert_eq!(verify(&app, &find_token(&mails, NEW, Template::ConfirmEmail)).status, 204);
    let reset = reset(&app, &find_token(&mails, AMINA, Template::ResetPassword), NEW_PASSWORD);
    assert_problem(&reset, 400, "link_not_valid", "to the former address");
    assert_eq!(forgot(&app, AMINA).status, 202);
    assert!(receivers(&app, Template::ResetPassword).is_empty());
}

#[test]
fn a_confirmation_expires_after_a_day_and_a_later_request_replaces_it() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    ask_change(&app, &session, NEW);
    let replaced = token(&app, NEW, Template::ConfirmEmail);
    ask_change(&app, &session, "another@example.com");
    let expired = token(&app, "another@example.com", Template::ConfirmEmail);
    assert_problem(&verify(&app, &replaced), 400, "link_not_valid", "replaced");
    app.pass(DAY);
    assert_problem(&verify(&app, &expired), 400, "link_not_valid", "expired");
    assert_eq!(log_in(&app, "user", AMINA).status, 200);
}

#[test]
fn an_account_sends_to_five_addresses_an_hour_and_a_request_beyond_that_looks_the_same() {
    let app = TestApp::start();
    let session = owner(&app, AMINA);
    for number in 0..6 {
        assert_eq!(ask_change(&app, &session, &format!("n{number}@example.com")).status, 202);
    }
    let mails = app.mail();
    assert_eq!(mails.len(), 5, "{mails:?}");
    // The last one that was sent stays valid.
    assert_eq!(verify(&app, &find_token(&mails, "n4@example.com", Template::ConfirmEmail)).status, 204);
    app.pass(HOUR);
    let session = access(&app, "n4@example.com");
    ask_change(&app, &session, "n5@example.com");
    assert_eq!(receivers(&app, Template::ConfirmEmail), ["n5@example.com"]);
}

#[test]
fn of_two_accounts_that_simultaneously_confirm_one_address_one_gets_it() {
    let app = TestApp::start();
    let confirm = ["one@example.com", "two@example.com"].map(|email| {
        let session = owner(&app, email);
        ask_change(&app, &session, NEW);
        token(&app, NEW, Template::ConfirmEmail)
    });
    let outcome = both(|| verify(&app, &confirm[0]), || verify(&app, &confirm[1]));
    assert!(matches!(outcome, (204, 409) | (409, 204)), "{outcome:?}");
    assert_eq!(log_in(&app, "user", NEW).status, 200);
}
