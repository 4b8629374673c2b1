use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Response, TestApp, TestDatabase, samples};
use ureq::http::Method;

use crate::support::{ROLES, assert_fields, assert_problem, log_in, log_in_with, register, without};

const WAITING: [Role; 3] = [Role::Doctor, Role::Hospital, Role::Labo];

fn email_of(role: &str) -> String {
    format!("Amina.{role}@example.com")
}

/// Starts a server with an approved account of each role.
fn start_with_all_roles() -> TestApp {
    let app = TestApp::start();
    for role in Role::ALL {
        register(&app, role.as_str(), &email_of(role.as_str()));
        if role.needs_approval() {
            app.approve(role, &email_of(role.as_str()));
        }
    }
    app
}

/// Returns a response without the values that differ between any two requests.
fn essence(answer: &Response) -> (u16, String, Value) {
    let body = without(answer.json.clone(), "request_id");
    (answer.status, answer.header("Content-Type").to_owned(), body)
}

#[test]
fn every_role_logs_in_and_gets_its_role_and_its_flags() {
    let app = start_with_all_roles();
    let flags: [&[&str]; 4] = [&["isPatient"], &["isDoctor"], &["isHospital"], &["isLabOorRad", "isLabo"]];
    for (role, flags) in ROLES.into_iter().zip(flags) {
        for slash in ["", "/"] {
            let answer = app.post(&format!("/api/{role}/login{slash}"), &samples::login(&email_of(role)));
            assert_eq!(answer.status, 200, "{role}: {}", answer.text);
            let members = answer.json.as_object().unwrap();
            let mut names: Vec<_> = members.keys().map(String::as_str).collect();
            let mut wanted: Vec<_> =
                ["access", "expires_in", "id", "refresh", "role"].iter().chain(flags).copied().collect();
            names.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(names, wanted, "{role}");
            assert_eq!((&members["role"], &members["expires_in"]), (&json!(role), &json!(300)), "{role}");
            assert!(flags.iter().all(|flag| members[*flag] == true), "{role}: {}", answer.text);
        }
    }
}

#[test]
fn the_tokens_of_a_login_authenticate_the_account() {
    let app = start_with_all_roles();
    for role in ROLES {
        let login = log_in(&app, role, &email_of(role));
        let me = app.get_as(login.text_at("access"), "/api/me");
        assert_eq!((me.status, &me.json["id"]), (200, &login.json["id"]), "{role}");
    }
}

#[test]
fn the_email_is_case_insensitive_and_may_have_surrounding_space() {
    let app = TestApp::start();
    register(&app, "user", "Amina.B@Example.com");
    for email in
        ["amina.b@example.com", "AMINA.B@EXAMPLE.COM", "aMINA.b@eXAMPLE.cOM", " amina.b@example.com "]
    {
        assert_eq!(log_in(&app, "user", email).status, 200, "{email}");
    }
}

#[test]
fn a_wrong_password_an_unknown_email_and_another_role_get_the_same_response() {
    for role in ROLES {
        // With another server no account gets more wrong passwords than are free.
        let app = start_with_all_roles();
        let wrong = log_in_with(&app, role, &email_of(role), "not the password");
        assert_problem(&wrong, 401, "wrong_credentials", role);
        let unknown = log_in(&app, role, "nobody@example.com");
        assert_eq!(essence(&unknown), essence(&wrong), "{role}: unknown e-mail");
        for other in ROLES.into_iter().filter(|other| *other != role) {
            for password in [samples::PASSWORD, "not the password"] {
                let answer = log_in_with(&app, role, &email_of(other), password);
                assert_eq!(essence(&answer), essence(&wrong), "{other} at the path of {role}");
            }
        }
    }
}

#[test]
fn the_path_of_another_role_does_not_reveal_a_pending_account() {
    let app = TestApp::start();
    register(&app, "doctor", "khalido@example.com");
    for role in ["user", "hospital", "labo"] {
        assert_problem(&log_in(&app, role, "khalido@example.com"), 401, "wrong_credentials", role);
    }
}

/// Checks the contract's response to a login with the correct password that is not approved yet.
#[track_caller]
fn assert_not_approved(app: &TestApp, role: Role, email: &str) {
    for slash in ["", "/"] {
        let answer = app.post(&format!("/api/{}/login{slash}", role.as_str()), &samples::login(email));
        assert_eq!((answer.status, answer.text.as_str()), (404, r#""You are not approved yet""#));
        assert_eq!(answer.header("Content-Type"), "application/json");
    }
    let wrong = log_in_with(app, role.as_str(), email, "not the password");
    assert_problem(&wrong, 401, "wrong_credentials", "a client with a wrong password does not learn it");
    let unknown = log_in(app, role.as_str(), "nobody@example.com");
    assert_eq!(essence(&wrong), essence(&unknown));
}

#[test]
fn only_the_owner_of_a_pending_account_learns_that_it_is_pending() {
    let app = TestApp::start();
    for role in WAITING {
        let email = email_of(role.as_str());
        register(&app, role.as_str(), &email);
        assert_not_approved(&app, role, &email);
        app.approve(role, &email);
        assert_eq!(log_in(&app, role.as_str(), &email).status, 200, "{}", role.as_str());
    }
}

#[test]
fn a_rejected_account_gets_the_same_response_as_a_pending_one() {
    let app = TestApp::start();
    for role in WAITING {
        let email = email_of(role.as_str());
        register(&app, role.as_str(), &email);
        app.reject(role, &email);
        assert_not_approved(&app, role, &email);
    }
}

#[test]
fn a_revoked_approval_prevents_logins() {
    let app = TestApp::start();
    register(&app, "labo", "labo@example.com");
    app.approve(Role::Labo, "labo@example.com");
    assert_eq!(log_in(&app, "labo", "labo@example.com").status, 200);
    app.reject(Role::Labo, "labo@example.com");
    assert_not_approved(&app, Role::Labo, "labo@example.com");
}

#[test]
fn an_approval_applies_to_only_one_account() {
    let app = TestApp::start();
    register(&app, "doctor", "first@example.com");
    register(&app, "doctor", "second@example.com");
    app.approve(Role::Doctor, "First@Example.com");
    assert_eq!(log_in(&app, "doctor", "first@example.com").status, 200);
    assert_eq!(log_in(&app, "doctor", "second@example.com").status, 404);
}

#[test]
fn missing_members_of_a_login_are_reported() {
    let app = TestApp::start();
    let cases = [
        (json!({}), &[("email", "required"), ("password", "required")][..]),
        (json!({ "email": null, "password": "" }), &[("email", "required"), ("password", "required")]),
        (json!({ "email": "amina@example.com" }), &[("password", "required")]),
        (json!({ "email": "amina", "password": "whatever" }), &[("email", "malformed")]),
        (json!({ "email": "a@b@c", "password": "whatever" }), &[("email", "malformed")]),
        (json!({ "email": "a\u{0}@example.com", "password": "whatever" }), &[("email", "control_character")]),
        (
            json!({ "email": ["amina@example.com"], "password": 12_345_678 }),
            &[("email", "wrong_type"), ("password", "wrong_type")],
        ),
        (
            json!({ "email": { "$ne": null }, "password": { "$ne": null } }),
            &[("email", "wrong_type"), ("password", "wrong_type")],
        ),
    ];
    for role in ROLES {
        for (body, wanted) in &cases {
            let answer = app.post(&format!("/api/{role}/login"), body);
            assert_fields(&answer, wanted, &format!("{role}: {body}"));
        }
    }
}

#[test]
fn a_password_that_breaks_the_rules_is_a_wrong_password() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    for password in ["x", &"x".repeat(129), &"é".repeat(20_000)] {
        let answer = log_in_with(&app, "user", "amina@example.com", password);
        assert_problem(
            &answer,
            401,
            "wrong_credentials",
            &format!("{} characters", password.chars().count()),
        );
    }
}

#[test]
fn unknown_members_of_a_login_are_ignored() {
    let app = TestApp::start();
    register(&app, "doctor", "khalido@example.com");
    let body = json!({
        "email": "khalido@example.com",
        "password": samples::PASSWORD,
        "role": "user",
        "is_approved": true,
        "device": { "name": "هاتف" },
    });
    assert_eq!(app.post("/api/doctor/login", &body).status, 404);
}

/// Returns the number of hashes with `memory` KiB.
fn hashes_with(app: &TestApp, memory: u32) -> i64 {
    app.database.number(&format!(
        "SELECT count(*) AS n FROM passwords WHERE hash LIKE '$argon2id$v=19$m={memory},t=1,p=1$%'"
    ))
}

#[test]
fn a_hash_with_old_parameters_is_upgraded_by_the_next_successful_login() {
    let old = TestApp::start();
    register(&old, "user", "amina@example.com");
    let new = TestApp::start_with(old.database.clone(), |options| options.argon2_memory_kib = 128);
    assert_eq!((hashes_with(&new, 64), hashes_with(&new, 128)), (1, 0));

    assert_eq!(log_in_with(&new, "user", "amina@example.com", "not the password").status, 401);
    assert_eq!(
        (hashes_with(&new, 64), hashes_with(&new, 128)),
        (1, 0),
        "a wrong password does not upgrade the hash"
    );

    assert_eq!(log_in(&new, "user", "amina@example.com").status, 200);
    assert_eq!((hashes_with(&new, 64), hashes_with(&new, 128)), (0, 1));

    assert_eq!(
        log_in(&new, "user", "amina@example.com").status,
        200,
        "the new hash matches the same password"
    );
    assert_eq!(log_in_with(&new, "user", "amina@example.com", "not the password").status, 401);
}

#[test]
fn a_hash_with_the_current_parameters_is_kept() {
    let app = TestApp::start_with(TestDatabase::new(), |_| {});
    register(&app, "user", "amina@example.com");
    app.database.execute("CREATE TABLE before AS SELECT hash FROM passwords").unwrap();
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
    let same = "SELECT count(*) AS n FROM passwords JOIN before USING (hash)";
    assert_eq!(app.database.number(same), 1);
}

#[test]
fn no_response_has_the_password_or_its_hash() {
    let app = TestApp::start();
    let secret = "un secret de connexion";
    let mut body = samples::patient("amina@example.com");
    body["password"] = json!(secret);
    let answers = [
        app.post("/api/user/register", &body),
        app.post("/api/user/register", &body),
        log_in_with(&app, "user", "amina@example.com", secret),
        log_in_with(&app, "doctor", "amina@example.com", secret),
        log_in_with(&app, "user", "no e-mail", secret),
        app.post_text("/api/user/login", &format!(r#"{{"password": "{secret}", "#)),
        app.post("/api/user/login", &json!({ "email": "amina@example.com", "password": [secret] })),
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 409, 200, 401, 400, 400, 400]);
    let me = app.get_as(answers[0].text_at("access"), "/api/me");
    for answer in answers.iter().chain([&me]) {
        for shown in [&answer.text, &format!("{:?}", answer.headers)] {
            assert!(!shown.contains(secret) && !shown.contains("argon2"), "{shown}");
        }
    }
}

#[test]
fn logins_whose_sessions_are_repeatedly_revoked_end_and_do_not_block_others() {
    let app = TestApp::start();
    let amina = register(&app, "user", "amina@example.com");
    register(&app, "user", "other@example.com");
    let end_others = || {
        let request = app
            .request(Method::DELETE, "/api/me/sessions")
            .header("Authorization", format!("Bearer {}", amina.text_at("access")));
        app.send(request.body(()).unwrap())
    };
    let log_in_often = |email: &'static str| [(); 10].map(|()| log_in(&app, "user", email));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(end_others().status, 204);
                }
            });
        }
        let logins: Vec<_> = (0..4).map(|_| scope.spawn(|| log_in_often("amina@example.com"))).collect();
        let others = scope.spawn(|| log_in_often("other@example.com")).join();
        let outcomes: Vec<_> = logins.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(others.unwrap().iter().all(|answer| answer.status == 200));
        for answer in outcomes.into_iter().flat_map(|outcome| outcome.unwrap()) {
            if answer.status != 200 {
                assert_problem(&answer, 503, "busy", "sessions were revoked in each of three rounds");
            }
        }
    });
}
