//! `/revert-email`.

use sihha_domain::mail::Template;
use sihha_tests::TestApp;

use super::support::{NEW_PASSWORD, NOT_VALID, UNKNOWN, assert_page, change_token, open, reset, send};
use crate::links::{AMINA, owner, token};
use crate::support::{log_in, log_in_with};

const PAGE: &str = "/revert-email";

#[test]
fn the_former_address_takes_a_change_back_and_sets_a_new_password() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let change = change_token(&app, &access, "thief@example.com");
    assert_eq!(send(&app, "/verify-email", &[("token", &change)]).status, 200);
    let back = token(&app, AMINA, Template::EmailChanged);

    let form = open(&app, &format!("{PAGE}?token={back}"));
    assert_page(&form, 200, "Take back the change of address");
    assert!(form.text.contains(AMINA) && !form.text.contains("thief"), "{}", form.text);
    assert_eq!(app.get_as(&access, "/api/me").text_at("email"), "thief@example.com");

    assert_page(&send(&app, PAGE, &[("token", &back)]), 200, "The change is taken back");
    assert_eq!(app.get_as(&access, "/api/me").status, 401, "no session is left");
    assert_eq!(log_in(&app, "user", "thief@example.com").status, 401);
    let link = token(&app, AMINA, Template::ResetPassword);
    assert_page(&reset(&app, &link, NEW_PASSWORD), 200, "Your password is changed");
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
    assert_page(&send(&app, PAGE, &[("token", &back)]), 400, NOT_VALID);
}

#[test]
fn a_link_that_does_not_work_says_whom_to_ask() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let change = change_token(&app, &access, "new@example.com");
    let answers = [
        open(&app, PAGE),
        open(&app, &format!("{PAGE}?token={UNKNOWN}")),
        open(&app, &format!("{PAGE}?token={change}")),
        send(&app, PAGE, &[("token", UNKNOWN)]),
        send(&app, PAGE, &[("token", &change)]),
        send(&app, PAGE, &[("email", AMINA)]),
    ];
    for answer in answers {
        assert_page(&answer, 400, NOT_VALID);
        assert!(answer.text.contains("contact the administration"), "{}", answer.text);
        assert!(!answer.text.contains("<form"), "no new link can be asked for: {}", answer.text);
    }
}
