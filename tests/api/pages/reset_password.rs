//! `/reset-password`.

use std::time::Duration;

use sihha_domain::mail::Template;
use sihha_tests::{TestApp, samples};

use super::support::{
    NEW_PASSWORD, NOT_VALID, UNKNOWN, asked_token, assert_page, change_token, open, reset, send,
};
use crate::links::{AMINA, owner, token};
use crate::support::{log_in, log_in_with, register};

const PAGE: &str = "/reset-password";

#[test]
fn somebody_who_forgot_the_password_chooses_another_one() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    assert_page(&open(&app, PAGE), 200, "Forgotten password");
    assert_page(&send(&app, PAGE, &[("email", "Amina@Example.com")]), 200, "Look at your mail");
    let token = token(&app, AMINA, Template::ResetPassword);
    // Programs that check mail open its links, more than once.
    for path in [format!("{PAGE}?token={token}"), format!("{PAGE}/?token={token}")] {
        let form = open(&app, &path);
        assert_page(&form, 200, "Choose a new password");
        assert!(form.text.contains(AMINA) && form.text.contains(&token), "{}", form.text);
        for attribute in [r#"autocomplete="new-password""#, r#"type="password""#] {
            assert_eq!(form.text.matches(attribute).count(), 2, "{}", form.text);
        }
    }
    let done = reset(&app, &token, NEW_PASSWORD);
    assert_page(&done, 200, "Your password is changed");
    assert!(!done.text.contains(&token) && !done.text.contains("<form"), "{}", done.text);

    assert_eq!(log_in(&app, "user", AMINA).status, 401);
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
    assert_eq!(app.get_as(&access, "/api/me").status, 401, "no earlier session is left");
    assert_page(&reset(&app, &token, samples::PASSWORD), 400, NOT_VALID);
    assert_page(&open(&app, &format!("{PAGE}?token={token}")), 400, NOT_VALID);
}

#[test]
fn a_refused_password_is_explained_beside_its_field_and_the_link_stays_good() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = asked_token(&app, PAGE, AMINA);
    let long = "x".repeat(129);
    let cases = [
        ("", "", "password", "This field is required."),
        ("court 1", "court 1", "password", "Enter at least 8 characters."),
        (&long, &long, "password", "Enter at most 128 characters."),
        (NEW_PASSWORD, "", "repeat", "This is not the same password."),
        (NEW_PASSWORD, samples::PASSWORD, "repeat", "This is not the same password."),
    ];
    for (password, repeat, field, message) in cases {
        let fields = [("token", token.as_str()), ("password", password), ("repeat", repeat)];
        let form = send(&app, PAGE, &fields);
        assert_page(&form, 400, "Choose a new password");
        let error = format!(r#"<p class="error" id="{field}-error">{message}"#);
        assert!(form.text.contains(&error), "{field}: {}", form.text);
        assert_eq!(form.text.matches("aria-invalid").count(), 2, "the style, and one field");
        assert!(form.text.contains(&token), "the form can be sent again");
        let typed = [password, repeat].into_iter().filter(|typed| typed.len() > 7);
        assert!(!typed.into_iter().any(|typed| form.text.contains(typed)), "{}", form.text);
    }
    assert_page(&reset(&app, &token, NEW_PASSWORD), 200, "Your password is changed");
}

#[test]
fn a_link_that_does_not_work_leads_to_a_new_one() {
    let app = TestApp::start();
    let access = owner(&app, AMINA);
    let other = change_token(&app, &access, "new@example.com");
    let expired = asked_token(&app, PAGE, AMINA);
    app.pass(Duration::from_mins(31));
    for token in [&expired, &other, UNKNOWN, "nothing"] {
        let answers = [
            open(&app, &format!("{PAGE}?token={token}")),
            reset(&app, token, NEW_PASSWORD),
            // The link is the more important error.
            reset(&app, token, "short"),
        ];
        for answer in answers {
            assert_page(&answer, 400, NOT_VALID);
            assert!(answer.text.contains(r#"name="email""#), "{}", answer.text);
        }
    }
    assert_page(&send(&app, PAGE, &[("password", NEW_PASSWORD)]), 400, NOT_VALID);
    assert_eq!(log_in(&app, "user", AMINA).status, 200, "nothing was changed");
    let fresh = asked_token(&app, PAGE, AMINA);
    assert_page(&reset(&app, &fresh, NEW_PASSWORD), 200, "Your password is changed");
}

#[test]
fn a_request_for_a_link_gets_the_same_page_for_every_address() {
    let app = TestApp::start();
    owner(&app, AMINA);
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    drop(app.mail());
    let pages = [AMINA, "suspended@example.com", "nobody@example.com"].map(|email| {
        let answer = send(&app, PAGE, &[("email", email)]);
        assert_page(&answer, 200, "Look at your mail");
        assert!(answer.text.contains(email), "{}", answer.text);
        answer.text.replace(email, "")
    });
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
    let to: Vec<_> = app.mail().into_iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!(to, [AMINA]);
}

#[test]
fn a_text_that_is_no_address_is_shown_again_with_what_is_wrong() {
    let app = TestApp::start();
    let answer = send(&app, PAGE, &[("email", "amina\"><script>")]);
    assert_page(&answer, 400, "Forgotten password");
    assert!(answer.text.contains(r#"id="email-error">Enter an e-mail address such as"#), "{}", answer.text);
    assert!(answer.text.contains("amina&#34;&#62;&#60;script&#62;"), "{}", answer.text);
    assert!(!answer.text.contains("<script"), "{}", answer.text);
    let empty = send(&app, PAGE, &[("email", "")]);
    assert!(empty.text.contains(r#"id="email-error">This field is required."#), "{}", empty.text);
}

#[test]
fn simultaneous_forms_with_one_link_set_one_password() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let token = asked_token(&app, PAGE, AMINA);
    let passwords = ["the first password", "the second password"];
    let statuses = std::thread::scope(|scope| {
        let sent = passwords.map(|password| {
            let (app, token) = (&app, &token);
            scope.spawn(move || reset(app, token, password).status)
        });
        sent.map(|sent| sent.join().unwrap())
    });
    let wanted = statuses.map(|status| if status == 200 { 200 } else { 401 });
    assert_eq!(wanted.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(passwords.map(|password| log_in_with(&app, "user", AMINA, password).status), wanted);
}
