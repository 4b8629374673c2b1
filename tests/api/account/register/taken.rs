use serde_json::json;
use sihha_tests::{Response, TestApp, samples};

use crate::support::{ROLES, assert_problem, log_in, profile_path, register, with};

/// Checks that the response reports only this field as taken.
#[track_caller]
fn assert_taken(answer: &Response, path: &str, case: &str) {
    assert_problem(answer, 409, "taken", case);
    assert_eq!(answer.field_paths(), [path], "{case}");
    assert_eq!(answer.field_codes(path), ["taken"], "{case}");
}

fn rows(app: &TestApp) -> Vec<i64> {
    ["profiles", "passwords", "patients", "doctors", "hospitals", "labos", "approvals"]
        .map(|table| app.database.number(&format!("SELECT count(*) AS n FROM {table}")))
        .to_vec()
}

#[test]
fn an_email_is_taken_for_all_roles_regardless_of_case() {
    let app = TestApp::start();
    for first in ROLES {
        register(&app, first, &format!("amina.{first}@example.com"));
    }
    let before = rows(&app);
    for first in ROLES {
        for second in ROLES {
            for email in [
                format!("amina.{first}@example.com"),
                format!("AMINA.{first}@EXAMPLE.COM"),
                format!("  Amina.{first}@Example.com "),
            ] {
                let body = samples::registration(second, &email);
                let body = with(body, &profile_path(second, "carte_id"), "NEVERUSED");
                let answer = app.post(&format!("/api/{second}/register"), &body);
                assert_taken(
                    &answer,
                    &profile_path(second, "email"),
                    &format!("{second} as {first}: {email}"),
                );
            }
        }
    }
    assert_eq!(rows(&app), before, "a refused registration stores nothing");
}

#[test]
fn a_card_number_is_taken_for_all_roles_regardless_of_case_and_separators() {
    let app = TestApp::start();
    for first in ROLES {
        let body = samples::registration(first, &format!("{first}@example.com"));
        let body = with(body, &profile_path(first, "carte_id"), format!("CARD{first}"));
        assert_eq!(app.post(&format!("/api/{first}/register"), &body).status, 201);
    }
    let before = rows(&app);
    for first in ROLES {
        for second in ROLES {
            let body = samples::registration(second, "another@example.com");
            let same = format!("card-{} /", first.to_uppercase());
            let body = with(body, &profile_path(second, "carte_id"), same);
            let answer = app.post(&format!("/api/{second}/register"), &body);
            assert_taken(&answer, &profile_path(second, "carte_id"), &format!("{second} as {first}"));
        }
    }
    assert_eq!(rows(&app), before, "a refused registration stores nothing");
}

#[test]
fn a_refused_registration_succeeds_with_another_email() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    let body = with(samples::doctor("amina@example.com"), "profile.carte_id", "CARD2");
    assert_eq!(app.post("/api/doctor/register", &body).status, 409);
    let body = with(body, "profile.email", "amina.2@example.com");
    assert_eq!(app.post("/api/doctor/register", &body).status, 201);
}

#[test]
fn the_first_account_is_unchanged() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let me = app.get_as(registered.text_at("access"), "/api/me");
    let mut thief = samples::patient("Amina@example.com");
    for (path, value) in [("password", "a thief's password"), ("first_name", "Thief"), ("carte_id", "THIEF")]
    {
        thief[path] = json!(value);
    }
    assert_eq!(app.post("/api/user/register", &thief).status, 409);
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").json, me.json);
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}
