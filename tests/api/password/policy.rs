//! New passwords that are refused: common ones, and facts about their owners.

use serde_json::{Value, json};
use sihha_cli::config::BlocklistChoice;
use sihha_tests::{Response, TestApp, TestDatabase, samples};
use ureq::http::Method;

use crate::links::{AMINA, NEW_PASSWORD, owner, post_as, reset, reset_token, uid_and_token};
use crate::pages::support::{asked_token, assert_page, send};
use crate::staff::desk::Desk;
use crate::support::{ROLES, assert_fields, log_in, log_in_with, profile_path, with};

const COMMON: &str = "password1";

/// Starts a service that refuses common passwords of accounts too.
fn strict() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.blocklist.password_blocklist = Some(BlocklistChoice::On);
    })
}

fn register_with(app: &TestApp, role: &str, password: &str) -> Response {
    let body = with(samples::registration(role, AMINA), &profile_path(role, "password"), password);
    app.post(&format!("/api/{role}/register"), &body)
}

#[test]
fn no_role_registers_with_a_common_password_in_any_letter_case() {
    let app = strict();
    for role in ROLES {
        for password in [COMMON, "PassWord1", "12345678", "1q2w3e4r", "ILOVEYOU"] {
            let refused = register_with(&app, role, password);
            let path = profile_path(role, "password");
            assert_fields(&refused, &[(&path, "password_too_common")], &format!("{role} {password}"));
            assert!(!refused.text.contains(password), "{}", refused.text);
        }
    }
    // Only whole passwords count.
    assert_eq!(register_with(&app, "user", "password1 password1 couscous").status, 201);
}

#[test]
fn a_hidden_registration_is_refused_as_well_whether_the_address_is_known_or_not() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.blocklist.password_blocklist = Some(BlocklistChoice::On);
        options.email.hide_known_email = true;
    });
    let refused = || {
        let refused = register_with(&app, "doctor", COMMON);
        assert_fields(&refused, &[("profile.password", "password_too_common")], "hidden");
        refused.json["errors"].clone()
    };
    let before = refused();
    assert_eq!(register_with(&app, "doctor", samples::PASSWORD).status, 202);
    assert_eq!(refused(), before);
}

#[test]
fn a_fact_about_the_owner_is_refused_even_without_a_list() {
    let app = TestApp::start();
    for (role, password, attribute) in [
        ("user", "Amina@Example.com", "email"),
        ("user", "aminaexamplecom", "email"),
        ("user", "bénabadji آمنة", "name"),
        ("doctor", "Koulibaly Khalido", "name"),
        ("hospital", "مستشفى باب الوادي", "name"),
        ("labo", "+213 552 98 73 32", "phone"),
    ] {
        let body = with(samples::registration(role, AMINA), &profile_path(role, "password"), password);
        let answer = app.post(&format!("/api/{role}/register"), &body);
        let path = profile_path(role, "password");
        assert_fields(&answer, &[(&path, "password_too_similar")], password);
        assert_eq!(answer.json["errors"][&path][0]["params"]["attribute"], attribute, "{}", answer.text);
    }
    let body = with(
        with(samples::patient("card@example.com"), "carte_id", "2099 0051 5042"),
        "password",
        "209900515042",
    );
    let refused = app.post("/api/user/register", &body);
    assert_eq!(refused.json["errors"]["password"][0]["params"]["attribute"], "card", "{}", refused.text);
}

#[test]
fn by_default_common_passwords_are_refused_to_staff_only_on_a_private_postgres() {
    let app = TestApp::start();
    assert_eq!(register_with(&app, "user", "12345678").status, 201);
    let admin = Desk::admin(&app);
    let member = |password: &str| json!({ "email": "s.benali@dsp.dz", "password": password, "name": "Samira Benali", "role": "admin" });
    for (password, code) in [
        ("1qaz2wsx3edc", "password_too_common"),
        ("1QAZ2wsx3edc", "password_too_common"),
        ("s.benali@dsp.dz", "password_too_similar"),
        ("Benali Samira", "password_too_similar"),
    ] {
        assert_fields(&admin.post("members", &member(password)), &[("password", code)], password);
    }
    let created = admin.post("members", &member("correct horse battery"));
    assert_eq!(created.status, 201, "{}", created.text);
    let path = format!("members/{}/reset-password", created.text_at("id"));
    let common = admin.post(&path, &json!({ "password": "qwertyqwerty" }));
    assert_fields(&common, &[("password", "password_too_common")], "reset");
    let own = admin.post(&path, &json!({ "password": "SamiraBenali" }));
    assert_fields(&own, &[("password", "password_too_similar")], "reset");
}

#[test]
fn switched_off_the_list_refuses_nothing_to_anybody() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.blocklist.password_blocklist = Some(BlocklistChoice::Off);
    });
    assert_eq!(register_with(&app, "user", COMMON).status, 201);
    let body = json!({ "email": "s.benali@dsp.dz", "password": "1qaz2wsx3edc", "name": "Samira Benali", "role": "admin" });
    assert_eq!(Desk::admin(&app).post("members", &body).status, 201);
}

#[test]
fn a_change_of_the_password_names_the_member_of_its_path() {
    let app = strict();
    let session = owner(&app, AMINA);
    for path in ["/api/me/password", "/auth/users/set_password/"] {
        let change = |new: &str| {
            post_as(
                &app,
                &session,
                path,
                &json!({ "current_password": samples::PASSWORD, "new_password": new }),
            )
        };
        assert_fields(&change(COMMON), &[("new_password", "password_too_common")], path);
        assert_fields(&change(AMINA), &[("new_password", "password_too_similar")], path);
    }
    assert_eq!(log_in(&app, "user", AMINA).status, 200);
}

#[test]
fn the_link_of_a_mail_stays_good_after_any_number_of_refused_passwords() {
    let app = strict();
    owner(&app, AMINA);
    let token = reset_token(&app, AMINA);
    for _ in 0..10 {
        assert_fields(&reset(&app, &token, COMMON), &[("password", "password_too_common")], "reset");
    }
    let own = with(uid_and_token(&token), "new_password", "Amina@example.com");
    let refused = app.post("/auth/users/reset_password_confirm/", &own);
    assert_fields(&refused, &[("new_password", "password_too_similar")], "djoser");
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    assert_eq!(log_in_with(&app, "user", AMINA, NEW_PASSWORD).status, 200);
}

#[test]
fn the_page_explains_the_refusal_beside_its_field() {
    let app = strict();
    owner(&app, AMINA);
    let token = asked_token(&app, "/reset-password", AMINA);
    for (password, message) in [
        (COMMON, "This password is one of the most common"),
        (AMINA, "The password must not be your e-mail address."),
    ] {
        let fields = [("token", token.as_str()), ("password", password), ("repeat", password)];
        let form = send(&app, "/reset-password", &fields);
        assert_page(&form, 400, "Choose a new password");
        let error = format!(r#"<p class="error" id="password-error">{message}"#);
        assert!(form.text.contains(&error), "{}", form.text);
    }
    let fields = [("token", token.as_str()), ("password", NEW_PASSWORD), ("repeat", NEW_PASSWORD)];
    assert_page(&send(&app, "/reset-password", &fields), 200, "Your password is changed");
}

#[test]
fn a_refusal_has_advice_and_a_message_in_the_language_of_the_client() {
    let app = strict();
    let body = with(samples::patient(AMINA), "password", COMMON).to_string();
    let refused = |language: &str| {
        let request =
            app.request(Method::POST, "/api/user/register").header("Content-Type", "application/json");
        app.send(request.header("Accept-Language", language).body(body.clone()).unwrap())
    };
    for (language, words) in [
        ("en", "one of the most common"),
        ("fr", "l’un des plus courants"),
        ("ar", "من أكثر كلمات المرور شيوعًا"),
    ] {
        let answer = refused(language);
        let error = &answer.json["errors"]["password"][0];
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert_eq!(error["params"]["score"], 0, "{error}");
        assert_eq!(error["params"]["warning"], "common", "{error}");
        let suggestions: Vec<Value> = error["params"]["suggestions"].as_array().unwrap().clone();
        assert!(suggestions.contains(&json!("add_words")), "{error}");
    }
}

#[test]
fn a_password_on_record_logs_in_when_the_list_is_switched_on() {
    let app = TestApp::start();
    let common = with(samples::patient(AMINA), "password", COMMON);
    assert_eq!(app.post("/api/user/register", &common).status, 201);
    let strict = TestApp::start_with(app.database.clone(), |options| {
        options.blocklist.password_blocklist = Some(BlocklistChoice::On);
    });
    assert_eq!(log_in_with(&strict, "user", AMINA, COMMON).status, 200);
}
