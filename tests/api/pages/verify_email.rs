//! `/verify-email`.

use std::time::Duration;

use sihha_domain::mail::Template;
use sihha_tests::TestApp;
use ureq::http::Method;

use super::support::{NOT_VALID, UNKNOWN, asked_token, assert_page, change_token, open, send};
use crate::links::{AMINA, owner, token};
use crate::support::{log_in, register};

const PAGE: &str = "/verify-email";
const DONE: &str = "Your address is confirmed";

#[test]
fn the_owner_of_an_account_confirms_its_address() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let token = asked_token(&app, PAGE, AMINA);
    let link = format!("{PAGE}?token={token}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let answer = app.send(app.request(method, &link).body(()).unwrap());
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let form = open(&app, &link);
    assert_page(&form, 200, "Confirm your e-mail address");
    assert!(form.text.contains(AMINA), "{}", form.text);
    let is_verified = || app.get_as(&access, "/api/me").json["email_verified"].clone();
    assert_eq!(is_verified(), false, "opening the page confirms nothing");

    let done = send(&app, PAGE, &[("token", &token)]);
    assert_page(&done, 200, DONE);
    assert_eq!(is_verified(), true);
    assert_page(&send(&app, PAGE, &[("token", &token)]), 400, NOT_VALID);
    // There is nothing to confirm, but the page does not tell strangers.
    assert_page(&send(&app, PAGE, &[("email", AMINA)]), 200, "Look at your mail");
    assert!(app.mail().is_empty());
}

#[test]
fn the_owner_of_a_new_address_confirms_a_change() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let change = change_token(&app, &access, "new@example.com");
    let form = open(&app, &format!("{PAGE}?token={change}"));
    assert_page(&form, 200, "Confirm your new e-mail address");
    assert!(form.text.contains("new@example.com") && !form.text.contains(AMINA), "{}", form.text);
    assert_page(&send(&app, PAGE, &[("token", &change)]), 200, DONE);
    assert_eq!(app.get_as(&access, "/api/me").text_at("email"), "new@example.com");
    token(&app, AMINA, Template::EmailChanged);
}

#[test]
fn an_address_that_another_account_got_meanwhile_is_not_confirmed() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let change = change_token(&app, &access, "new@example.com");
    register(&app, "doctor", "new@example.com");
    assert_page(&send(&app, PAGE, &[("token", &change)]), 409, "This address is in use");
    assert_eq!(log_in(&app, "user", AMINA).status, 200);
}

#[test]
fn a_link_that_does_not_work_leads_to_a_new_one() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let reset = asked_token(&app, "/reset-password", AMINA);
    let expired = asked_token(&app, PAGE, AMINA);
    app.pass(Duration::from_hours(25));
    for token in [&expired, &reset, UNKNOWN, "nothing"] {
        for answer in [open(&app, &format!("{PAGE}?token={token}")), send(&app, PAGE, &[("token", token)])] {
            assert_page(&answer, 400, NOT_VALID);
            assert!(answer.text.contains(r#"name="email""#), "{}", answer.text);
        }
    }
    assert_page(&open(&app, PAGE), 200, "Confirm your e-mail address");
    let fresh = asked_token(&app, PAGE, AMINA);
    assert_page(&send(&app, PAGE, &[("token", &fresh)]), 200, DONE);
}
