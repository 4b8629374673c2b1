//! The language of the mails to an account's owner.

use serde_json::json;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{ROLES, assert_fields, profile_path, register, with};

fn send(app: &TestApp, method: Method, path: &str, header: (&str, &str), body: &str) -> Response {
    let request = app.request(method, path).header(header.0, header.1);
    app.send(request.header("Content-Type", "application/json").body(body.to_owned()).expect("a request"))
}

fn language<'a>(role: &str, account: &'a Response) -> &'a str {
    let profile = if role == "user" { &account.json } else { &account.json["profile"] };
    profile["language"].as_str().expect("a language")
}

#[test]
fn a_registration_takes_the_language_that_the_client_prefers() {
    let app = TestApp::start();
    for (number, (accepted, wanted)) in
        [("ar", "ar"), ("en-GB, fr;q=0.5", "en"), ("*", "fr"), ("de", "fr")].into_iter().enumerate()
    {
        for role in ROLES {
            let body = samples::registration(role, &format!("{role}{number}@example.com")).to_string();
            let path = format!("/api/{role}/register");
            let registered = send(&app, Method::POST, &path, ("Accept-Language", accepted), &body);
            assert_eq!(registered.status, 201, "{}", registered.text);
            assert_eq!(language(role, &registered), wanted, "{role}: {accepted}");
        }
    }
}

#[test]
fn the_owner_changes_the_language() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        assert_eq!(language(role, &registered), "fr", "{role}");
        let bearer = format!("Bearer {}", registered.text_at("access"));
        let patch = |value: &str| {
            let body = with(json!({ "profile": {} }), &profile_path(role, "language"), value).to_string();
            send(&app, Method::PATCH, "/api/me", ("Authorization", &bearer), &body)
        };
        assert_eq!(language(role, &patch("ar")), "ar", "{role}");
        let me = app.get_as(registered.text_at("access"), "/api/me");
        assert_eq!(language(role, &me), "ar", "{role}");
        let member = profile_path(role, "language");
        assert_fields(&patch("de"), &[(member.as_str(), "unknown_choice")], role);
    }
}
