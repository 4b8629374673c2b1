//! Changes to vetted facts by `PATCH /api/me`.

use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::approval::DecisionKind;
use sihha_domain::reason::Reason;
use sihha_tests::{Response, TestApp};

use super::change::{me, patch};
use crate::support::{assert_fields, assert_problem, log_in, opened, register, with, without};

const DOCTOR: &str = "khalido@example.com";
const APPROVAL: DecisionKind = DecisionKind::Approve { note: None };

/// Returns an approved account of the role.
fn approved(app: &TestApp, role: Role, email: &str) -> Response {
    let registered = register(app, role.as_str(), email);
    app.approve(role, email);
    registered
}

/// Asserts that the patch is answered with `wanted`, which is read later too.
#[track_caller]
fn assert_answered(app: &TestApp, registered: &Response, body: &Value, wanted: &Value) {
    let answer = patch(app, registered, body);
    assert_eq!((answer.status, &answer.json), (200, wanted), "{body}: {}", answer.text);
    assert_eq!(me(app, registered), *wanted, "{body}, later");
}

/// Returns the document of an account whose `changes` wait since a minute after the test's beginning.
fn waiting(document: &Value, changes: Value) -> Value {
    let waits = with(document.clone(), "application.state", "changes_pending");
    with(with(waits, "application.since", "2026-11-23T09:31:00.000Z"), "pending_changes", changes)
}

fn cnom(value: &str) -> Value {
    json!([{ "system": "cnom", "value": value }])
}

#[test]
fn a_change_to_vetted_facts_waits_and_the_rest_of_the_patch_is_written() {
    let app = TestApp::start();
    let doctor = approved(&app, Role::Doctor, DOCTOR);
    let vetted = me(&app, &doctor);
    app.pass(Duration::from_mins(1));
    let body = json!({
        "specialite": "PEDIATRIE", "bio": "Pédiatre.",
        "profile": { "last_name": "Haddad", "first_name_ar": "خالد", "identifiers": cnom("16/1"), "address": "Oran" }
    });
    let changes = json!({
        "specialite": "PEDIATRIE",
        "profile": { "last_name": "Haddad", "first_name_ar": "خالد", "identifiers": cnom("16/1") }
    });
    let written = with(with(vetted, "bio", "Pédiatre."), "profile.address", "Oran");
    assert_answered(&app, &doctor, &body, &waiting(&written, changes.clone()));

    let login = log_in(&app, "doctor", DOCTOR);
    assert_eq!((login.status, &opened(login.text_at("access")).1["is_approved"]), (200, &json!(true)));
    // A later patch adds to the changes; the first of them keeps its time.
    app.pass(Duration::from_mins(1));
    let more = with(changes.clone(), "profile.first_name", "Khaled");
    assert_answered(
        &app,
        &doctor,
        &json!({ "profile": { "first_name": "Khaled" } }),
        &waiting(&written, more.clone()),
    );
    assert_answered(&app, &doctor, &json!({}), &waiting(&written, more));
}

#[test]
fn the_names_and_the_type_of_a_facility_are_vetted() {
    let app = TestApp::start();
    for role in [Role::Hospital, Role::Labo] {
        let app = &app;
        let email = format!("{}@example.com", role.as_str());
        let facility = approved(app, role, &email);
        let vetted = me(app, &facility);
        let body = json!({ "name": "CHU Oran", "name_ar": "وهران", "facility_type": "chu" });
        let answer = patch(app, &facility, &body);
        let changes = with(with(body, "profile", json!({})), "profile.first_name", "CHU Oran");
        assert_eq!(answer.json["pending_changes"], changes, "{}", answer.text);
        assert_eq!([&answer.json["name"], &answer.json["profile"]], [&vetted["name"], &vetted["profile"]]);
        // A front end may send both names: the vetted one, and the one that waits.
        let both = [&vetted["name"], &json!("CHU Oran")].map(Value::clone);
        for name in both {
            let body = json!({ "profile": { "first_name": name } });
            assert_eq!(patch(app, &facility, &body).status, 200, "{body}");
        }
        assert_fields(
            &patch(app, &facility, &json!({ "profile": { "first_name": "Another" } })),
            &[("profile.first_name", "read_only")],
            "neither",
        );
    }
}

#[test]
fn sending_the_vetted_values_withdraws_the_changes() {
    let app = TestApp::start();
    let doctor = approved(&app, Role::Doctor, DOCTOR);
    let vetted = me(&app, &doctor);
    app.pass(Duration::from_mins(1));
    let body = json!({ "specialite": "PEDIATRIE", "profile": { "last_name": "Haddad" } });
    assert_answered(&app, &doctor, &body, &waiting(&vetted, body.clone()));
    let rest = json!({ "profile": { "last_name": "Haddad" } });
    assert_answered(&app, &doctor, &json!({ "specialite": "CARDIOLOGIE" }), &waiting(&vetted, rest));
    // The whole document, as `GET /api/me` returns it.
    assert_answered(&app, &doctor, &me(&app, &doctor), &vetted);
}

#[test]
fn the_pending_changes_are_a_merge_patch_of_the_document() {
    let app = TestApp::start();
    let doctor = approved(&app, Role::Doctor, DOCTOR);
    let _ =
        patch(&app, &doctor, &json!({ "profile": { "identifiers": cnom("16/1"), "first_name_ar": "خالد" } }));
    app.decide(DOCTOR, &APPROVAL);
    let vetted = me(&app, &doctor);
    assert_eq!(vetted["profile"]["identifiers"], cnom("16/1"));
    assert_eq!(vetted.get("pending_changes"), None);
    let body = json!({ "profile": { "identifiers": null, "first_name_ar": null } });
    assert_eq!(patch(&app, &doctor, &body).json["pending_changes"], body);
    // A front end applies it to show what is wanted, and may send all of it back.
    let wanted = without(without(me(&app, &doctor), "profile.identifiers"), "profile.first_name_ar");
    let answer = patch(&app, &doctor, &wanted);
    assert_eq!((answer.status, &answer.json["pending_changes"]), (200, &body), "{}", answer.text);
}

#[test]
fn staff_accept_or_refuse_the_changes_and_the_account_stays_approved() {
    let app = TestApp::start();
    let doctor = approved(&app, Role::Doctor, DOCTOR);
    let vetted = me(&app, &doctor);
    let body = json!({ "specialite": "PEDIATRIE" });
    let refusal = DecisionKind::Reject { code: None, reason: Reason::parse("No such diploma").ok() };
    for (decision, specialite) in [(&refusal, "CARDIOLOGIE"), (&APPROVAL, "PEDIATRIE")] {
        assert_eq!(patch(&app, &doctor, &body).json["application"]["state"], "changes_pending");
        app.decide(DOCTOR, decision);
        let after = me(&app, &doctor);
        assert_eq!(after["specialite"], specialite);
        assert_eq!(without(after, "specialite"), without(vetted.clone(), "specialite"));
    }
}

#[test]
fn a_wanted_identifier_is_claimed_until_it_is_withdrawn_or_refused() {
    let app = TestApp::start();
    let first = approved(&app, Role::Doctor, DOCTOR);
    let second = approved(&app, Role::Doctor, "second@example.com");
    let third = register(&app, "user", "amina@example.com");
    let body = json!({ "profile": { "identifiers": cnom("16/1") } });
    let take = |registered: &Response| patch(&app, registered, &body);
    let assert_taken = |answer: &Response| {
        assert_problem(answer, 409, "taken", "wanted by another");
        assert_eq!(answer.field_paths(), ["profile.identifiers.0.value"]);
    };
    assert_eq!(take(&first).status, 200);
    assert_taken(&take(&second));
    let flat = patch(&app, &third, &json!({ "identifiers": cnom("16-1") }));
    assert_problem(&flat, 409, "taken", "a patient");
    assert_eq!(patch(&app, &first, &json!({ "profile": { "identifiers": null } })).status, 200);
    assert_eq!(take(&second).status, 200, "withdrawn");
    assert_taken(&take(&first));
    let refusal = DecisionKind::Reject { code: None, reason: Reason::parse("Not in the register").ok() };
    app.decide("second@example.com", &refusal);
    assert_eq!(take(&first).status, 200, "refused");
}
