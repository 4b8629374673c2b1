//! The mail that confirms the address of a new account.

use serde_json::json;
use sihha_domain::language::Language;
use sihha_domain::mail::Template;
use sihha_tests::{TestApp, samples};

use crate::support::{ROLES, register, send_registration, with};

#[test]
fn every_role_gets_one_mail_with_a_link_in_its_own_language() {
    let app = TestApp::start();
    for (role, language) in ROLES.into_iter().zip(["ar", "fr", "en", "ar"]) {
        let path = if role == "user" { "language" } else { "profile.language" };
        let email = format!("{role}@example.com");
        send_registration(&app, role, &with(samples::registration(role, &email), path, language));
        let mails = app.mail();
        let [mail] = mails.as_slice() else { panic!("{role}: {mails:?}") };
        assert_eq!(mail.content.template(), Template::VerifyEmail, "{role}");
        assert_eq!((mail.to.as_str(), mail.language.tag()), (email.as_str(), language));
        assert!(mail.content.token().is_some(), "{role}");
    }
}

#[test]
fn the_language_is_french_if_the_client_names_none() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    assert_eq!(app.mail()[0].language, Language::French);
}

#[test]
fn a_refused_registration_sends_nothing() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    assert_eq!(app.mail().len(), 1);
    let taken = samples::registration("doctor", "amina@example.com");
    assert_eq!(app.post("/api/doctor/register", &taken).status, 409);
    assert_eq!(app.post("/api/user/register", &json!({})).status, 400);
    assert!(app.mail().is_empty());
}
