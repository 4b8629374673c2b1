//! `/auth/users/activation/` and `resend_activation/`.

use serde_json::json;
use sihha_domain::mail::Template;
use sihha_tests::TestApp;

use crate::links::{AMINA, MINUTE, access, owner, receivers, token, uid_and_token};
use crate::support::{assert_fields, assert_problem};

#[test]
fn an_address_is_confirmed_by_a_mail_that_is_sent_again_without_a_session() {
    let app = TestApp::start();
    owner(&app, AMINA);
    let resend = |email: &str| app.post("/auth/users/resend_activation/", &json!({ "email": email }));
    for email in [AMINA, "nobody@example.com"] {
        let asked = resend(email);
        assert_eq!((asked.status, asked.text.as_str()), (204, ""), "{email}");
    }
    let token = token(&app, AMINA, Template::VerifyEmail);
    let activate = || app.post("/auth/users/activation/", &uid_and_token(&token));
    let answer = activate();
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_problem(&activate(), 400, "link_not_valid", "again");
    assert_eq!(app.get_as(&access(&app, AMINA), "/api/me").json["email_verified"], true);
    // A confirmed address gets no other mail.
    app.pass(2 * MINUTE);
    assert_eq!(resend(AMINA).status, 204);
    assert!(receivers(&app, Template::VerifyEmail).is_empty());
}

#[test]
fn errors_name_the_members_of_djoser() {
    let app = TestApp::start();
    let answer = app.post("/auth/users/activation/", &json!({}));
    assert_fields(&answer, &[("uid", "required"), ("token", "required")], "activation");
    let answer = app.post("/auth/users/resend_activation/", &json!({ "email": "amina" }));
    assert_fields(&answer, &[("email", "malformed")], "resend_activation");
}
