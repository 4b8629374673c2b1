//! The wilaya, the commune and the kind of facility of an account.

use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{ROLES, assert_fields, register, send_registration, with, without};

fn me(app: &TestApp, account: &Response) -> Value {
    app.get_as(account.text_at("access"), "/api/me").json
}

fn patch(app: &TestApp, account: &Response, body: &Value) -> Response {
    let request = app
        .request(Method::PATCH, "/api/me")
        .header("Content-Type", "application/merge-patch+json")
        .header("Authorization", format!("Bearer {}", account.text_at("access")));
    app.send(request.body(body.to_string()).unwrap())
}

/// Returns the sample of `role` with the members of `place`.
fn sample(role: &str, email: &str, place: &Value) -> Value {
    let members = place.as_object().unwrap().iter();
    members.fold(samples::registration(role, email), |body, (name, value)| with(body, name, value.clone()))
}

/// Returns the members of an account that say where it is.
fn place(account: &Value) -> Value {
    let members = ["wilaya", "commune"].map(|name| (name.to_owned(), account.get(name).cloned()));
    members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[test]
fn a_registration_of_each_role_may_have_a_place() {
    let app = TestApp::start();
    let in_commune = json!({ "wilaya": "16", "commune": "1621" });
    for role in ROLES {
        for (number, (sent, wanted)) in [
            (json!({}), json!({})),
            (json!({ "wilaya": null, "commune": "" }), json!({})),
            (json!({ "wilaya": "31" }), json!({ "wilaya": "31" })),
            (in_commune.clone(), in_commune.clone()),
            (json!({ "commune": " 1621 " }), in_commune.clone()),
            (json!({ "wilaya": "-", "commune": "0103" }), json!({ "wilaya": "49", "commune": "0103" })),
        ]
        .into_iter()
        .enumerate()
        {
            let account =
                send_registration(&app, role, &sample(role, &format!("{role}{number}@example.com"), &sent));
            assert_eq!(place(&account.json), wanted, "{role}: {sent}");
            assert_eq!(place(&me(&app, &account)), wanted, "{role}: {sent}");
        }
    }
}

#[test]
fn a_registration_with_a_wrong_place_is_refused() {
    let app = TestApp::start();
    for role in ROLES {
        for (sent, errors) in [
            (json!({ "wilaya": "70" }), &[("wilaya", "unknown_choice")][..]),
            (json!({ "commune": "9999" }), &[("commune", "unknown_choice")]),
            (
                json!({ "wilaya": 16, "commune": ["1621"] }),
                &[("wilaya", "wrong_type"), ("commune", "wrong_type")],
            ),
            (json!({ "wilaya": "31", "commune": "1621" }), &[("commune", "other_wilaya")]),
        ] {
            let answer = app.post(&format!("/api/{role}/register"), &sample(role, "a@example.com", &sent));
            assert_fields(&answer, errors, &format!("{role}: {sent}"));
        }
    }
    let sent = json!({ "wilaya": "31", "commune": "1621" });
    let answer = app.post("/api/user/register", &sample("user", "a@example.com", &sent));
    assert_eq!(answer.json["errors"]["commune"][0]["params"], json!({ "wilaya": "16" }));
}

#[test]
fn a_patch_changes_the_place() {
    let app = TestApp::start();
    for role in ROLES {
        let account = register(&app, role, &format!("{role}@example.com"));
        for (body, wanted) in [
            (json!({ "wilaya": "31" }), json!({ "wilaya": "31" })),
            (json!({ "commune": "1621" }), json!({ "wilaya": "16", "commune": "1621" })),
            (json!({ "address": "Oran" }), json!({ "wilaya": "16", "commune": "1621" })),
            (json!({ "wilaya": "49", "commune": "0103" }), json!({ "wilaya": "49", "commune": "0103" })),
            (json!({ "commune": null }), json!({ "wilaya": "49" })),
            (json!({ "commune": "1621", "wilaya": "" }), json!({ "wilaya": "16", "commune": "1621" })),
            (json!({ "wilaya": "31", "commune": "" }), json!({ "wilaya": "31" })),
            (json!({ "commune": "3101" }), json!({ "wilaya": "31", "commune": "3101" })),
            (json!({ "wilaya": null }), json!({})),
        ] {
            let answer = patch(&app, &account, &body);
            assert_eq!((answer.status, place(&answer.json)), (200, wanted.clone()), "{role}: {body}");
            assert_eq!(place(&me(&app, &account)), wanted, "{role}: {body}");
        }
    }
}

#[test]
fn a_patch_that_contradicts_itself_or_the_stored_commune_is_refused() {
    let app = TestApp::start();
    for role in ROLES {
        let sent = sample(role, &format!("{role}@example.com"), &json!({ "commune": "1621" }));
        let account = send_registration(&app, role, &sent);
        for (body, path, code) in [
            (json!({ "wilaya": "31" }), "wilaya", "other_wilaya"),
            (json!({ "wilaya": "31", "commune": "1621" }), "wilaya", "other_wilaya"),
            (json!({ "wilaya": "16", "commune": "0103" }), "commune", "other_wilaya"),
            (json!({ "wilaya": "31", "commune": "0103" }), "commune", "other_wilaya"),
            (json!({ "wilaya": "00" }), "wilaya", "unknown_choice"),
            (json!({ "commune": "0000" }), "commune", "unknown_choice"),
        ] {
            assert_fields(&patch(&app, &account, &body), &[(path, code)], &format!("{role}: {body}"));
        }
        assert_eq!(me(&app, &account), without_tokens(account.json), "{role}: nothing is changed");
    }
}

fn without_tokens(registered: Value) -> Value {
    ["access", "refresh", "expires_in"].into_iter().fold(registered, without)
}

#[test]
fn organisations_have_a_kind_of_facility_that_they_can_change() {
    let app = TestApp::start();
    for role in ["hospital", "labo"] {
        let sent =
            sample(role, &format!("{role}@example.com"), &json!({ "facility_type": "centre_imagerie" }));
        let account = send_registration(&app, role, &sent);
        assert_eq!(account.json["facility_type"], "centre_imagerie");
        for (value, wanted) in [(json!("chu"), Some(&json!("chu"))), (json!(""), None)] {
            let answer = patch(&app, &account, &json!({ "facility_type": value }));
            assert_eq!((answer.status, answer.json.get("facility_type")), (200, wanted), "{role}: {value}");
            assert_eq!(me(&app, &account).get("facility_type"), wanted, "{role}: {value}");
        }
        for (value, code) in [(json!("hotel"), "unknown_choice"), (json!(7), "wrong_type")] {
            let answer = patch(&app, &account, &json!({ "facility_type": value.clone() }));
            assert_fields(&answer, &[("facility_type", code)], role);
            let body = with(samples::registration(role, "other@example.com"), "facility_type", value);
            let answer = app.post(&format!("/api/{role}/register"), &body);
            assert_fields(&answer, &[("facility_type", code)], role);
        }
    }
}
