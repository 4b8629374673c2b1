//! Passwords that may be registered, and their exactness.

use serde_json::Value;
use sihha_tests::{Response, TestApp, samples};

use crate::support::{ROLES, assert_fields, log_in_with, profile_path, with};

fn set(app: &TestApp, role: &str, email: &str, password: &str) -> Response {
    let body = with(samples::registration(role, email), &profile_path(role, "password"), password);
    app.post(&format!("/api/{role}/register"), &body)
}

#[test]
fn eight_to_a_hundred_and_twenty_eight_characters_are_counted_as_code_points() {
    let app = TestApp::start();
    for (letter, bytes) in [("a", 1), ("é", 2), ("ش", 2), ("字", 3), ("🩺", 4)] {
        assert_eq!(letter.len(), bytes);
        for (length, code) in [(1, "too_short"), (7, "too_short"), (129, "too_long"), (1000, "too_long")] {
            let answer = set(&app, "user", "amina@example.com", &letter.repeat(length));
            assert_fields(&answer, &[("password", code)], &format!("{length} {letter}"));
        }
        for length in [8, 128] {
            let (email, password) = (
                format!(
                    "length{length}byte{bytes}x{}@example.com",
                    u32::from(letter.chars().next().unwrap())
                ),
                letter.repeat(length),
            );
            assert_eq!(set(&app, "user", &email, &password).status, 201, "{length} {letter}");
            assert_eq!(log_in_with(&app, "user", &email, &password).status, 200, "{length} {letter}");
        }
    }
}

#[test]
fn the_rule_is_the_same_for_every_role() {
    let app = TestApp::start();
    for role in ROLES {
        let path = profile_path(role, "password");
        let answer = set(&app, role, &format!("{role}@example.com"), "1234567");
        assert_fields(&answer, &[(&path, "too_short")], role);
        assert_eq!(set(&app, role, &format!("{role}@example.com"), "12345678").status, 201, "{role}");
    }
}

#[test]
fn a_password_is_exact_and_never_truncated() {
    let app = TestApp::start();
    let long = format!("{}end", "x".repeat(125));
    // A registered password, and one that must not match it.
    let cases = [
        (" spaces around ", vec!["spaces around", " spaces around", "spaces around "]),
        ("two  spaces", vec!["two spaces", "twospaces"]),
        ("        ", vec!["       ", "         "]),
        ("Capital Letters", vec!["capital letters", "CAPITAL LETTERS"]),
        ("before\u{0}after", vec!["before", "before\u{0}", "beforeafter"]),
        ("\ttab and line\n", vec!["tab and line", "\ttab and line"]),
        ("كلمة السر 🔑🔑", vec!["كلمة السر 🔑", "كلمة السر"]),
        ("aide ﬁnancière", vec!["aide financière"]),
        ("motdepasseé", vec!["motdepassee", "motdepasse"]),
        (&long, vec![&long[..127], &long[..72]]),
    ];
    for (number, (password, others)) in cases.into_iter().enumerate() {
        let email = format!("exact{number}@example.com");
        assert_eq!(set(&app, "user", &email, password).status, 201, "{password:?}");
        assert_eq!(log_in_with(&app, "user", &email, password).status, 200, "{password:?}");
        for other in others {
            assert_eq!(log_in_with(&app, "user", &email, other).status, 401, "{password:?} by {other:?}");
        }
    }
}

#[test]
fn composed_and_decomposed_letters_are_the_same_password() {
    let app = TestApp::start();
    assert_eq!(set(&app, "user", "amina@example.com", "pe\u{301}diatrie du CHU").status, 201);
    for password in ["pe\u{301}diatrie du CHU", "p\u{e9}diatrie du CHU"] {
        assert_eq!(log_in_with(&app, "user", "amina@example.com", password).status, 200, "{password:?}");
    }
}

#[test]
fn two_accounts_with_the_same_password_have_different_hashes() {
    let app = TestApp::start();
    for email in ["amina@example.com", "samir@example.com"] {
        assert_eq!(set(&app, "user", email, "un mot de passe partagé").status, 201);
    }
    let hashes =
        "SELECT count(DISTINCT hash) AS n FROM passwords WHERE hash LIKE '$argon2id$v=19$m=64,t=1,p=1$%'";
    assert_eq!(app.database.number(hashes), 2);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM passwords WHERE hash LIKE '%passe%'"), 0);
}

#[test]
fn every_password_of_the_contract_is_accepted() {
    let app = TestApp::start();
    for (number, password) in ["123456789", "12345678", "1234567891"].into_iter().enumerate() {
        let answer = set(&app, "user", &format!("contract{number}@example.com"), password);
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json.get("password"), None::<&Value>);
    }
}

#[test]
fn a_password_matches_with_any_kind_of_space() {
    let app = TestApp::start();
    let (nbsp, plain) = ("couscous\u{a0}le vendredi", "couscous le vendredi");
    assert_eq!(set(&app, "user", "nbsp@example.com", nbsp).status, 201);
    assert_eq!(set(&app, "user", "plain@example.com", plain).status, 201);
    for email in ["nbsp@example.com", "plain@example.com"] {
        for password in [nbsp, plain, "couscous\u{3000}le\u{202f}vendredi"] {
            assert_eq!(log_in_with(&app, "user", email, password).status, 200, "{email}: {password:?}");
        }
        assert_eq!(log_in_with(&app, "user", email, "couscous\u{200b}le vendredi").status, 401, "{email}");
    }
}
