//! Accounts whose stored values break current rules: they were registered under earlier rules, or
//! restored from a backup.

use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Response, TestApp};
use ureq::http::Method;

use crate::support::{ROLES, assert_fields, assert_problem, log_in, profile_path, register, with};

/// Values that the service rejects today, in each column that the schema does not restrict.
const ODD: &str = r"
    UPDATE profiles SET numero_tel = '021 55 12 34 poste 12', address = '-', image = '/media/photo.png',
        birth_date = '1799-12-31', emergency_numbers = array_fill('poste 12'::text, ARRAY[11]);
    UPDATE patients SET first_name = '—', last_name = E'Béna\tbadji';
    INSERT INTO specialites VALUES ('SEXOLOGIE') ON CONFLICT DO NOTHING;
    UPDATE doctors SET first_name = '—', last_name = ' ', specialite = 'SEXOLOGIE', bio = '…', address = '-';
    UPDATE hospitals SET name = '?', number = 'standard', address = '-';
    UPDATE labos SET name = '?', number = 'standard', address = '-';
    UPDATE sessions SET address = 'unknown', user_agent = E' \u0007 ';";

/// Returns `account` with the same values, as in the response of the role.
fn odd(role: &str, mut account: Value) -> Value {
    let profile = [
        ("numero_tel", json!("021 55 12 34 poste 12")),
        ("address", json!("-")),
        ("image", json!("/media/photo.png")),
        ("birth_date", json!("1799-12-31")),
        ("emergency_numbers", json!(vec!["poste 12"; 11])),
    ];
    let own = match role {
        "user" => vec![("first_name", "—"), ("last_name", "Béna\tbadji")],
        "doctor" => vec![
            ("profile.first_name", "—"),
            ("profile.last_name", " "),
            ("specialite", "SEXOLOGIE"),
            ("bio", "…"),
            ("doctor_address", "-"),
        ],
        "hospital" => vec![
            ("profile.first_name", "?"),
            ("name", "?"),
            ("hospital_number", "standard"),
            ("hospital_address", "-"),
        ],
        _ => vec![
            ("profile.first_name", "?"),
            ("name", "?"),
            ("labo_number", "standard"),
            ("labo_address", "-"),
        ],
    };
    for (name, value) in profile {
        account = with(account, &profile_path(role, name), value);
    }
    own.into_iter().fold(account, |account, (path, value)| with(account, path, value))
}

fn batch(app: &TestApp, sql: &str) {
    use diesel::connection::SimpleConnection;
    app.database.run(|pg| pg.batch_execute(sql)).unwrap();
}

fn me(app: &TestApp, account: &Response) -> Response {
    app.get_as(account.text_at("access"), "/api/me")
}

fn patch(app: &TestApp, account: &Response, body: &Value) -> Response {
    let request = app
        .request(Method::PATCH, "/api/me")
        .header("Content-Type", "application/merge-patch+json")
        .header("Authorization", format!("Bearer {}", account.text_at("access")));
    app.send(request.body(body.to_string()).unwrap())
}

/// Returns an account of each role with such values, and the body that `GET /api/me` must have.
fn start_with_odd_accounts() -> (TestApp, Vec<(&'static str, Response, Value)>) {
    let app = TestApp::start();
    let accounts = ROLES.map(|role| {
        let registered = register(&app, role, &format!("{role}@example.com"));
        let wanted = odd(role, me(&app, &registered).json);
        (role, registered, wanted)
    });
    batch(&app, ODD);
    (app, accounts.into())
}

#[test]
fn me_returns_the_stored_values() {
    let (app, accounts) = start_with_odd_accounts();
    for (role, registered, wanted) in &accounts {
        let answer = me(&app, registered);
        assert_eq!((answer.status, &answer.json), (200, wanted), "{role}");
    }
}

#[test]
fn a_change_of_another_member_keeps_the_stored_values() {
    let (app, accounts) = start_with_odd_accounts();
    for (role, registered, wanted) in accounts {
        let path = profile_path(role, "blood_type");
        let wanted = with(wanted, &path, "AB-");
        let answer = patch(&app, &registered, &with(json!({}), &path, "AB-"));
        assert_eq!((answer.status, &answer.json), (200, &wanted), "{role}");
        assert_eq!(me(&app, &registered).json, wanted, "{role}");
    }
}

#[test]
fn each_value_can_be_corrected_separately() {
    let (app, accounts) = start_with_odd_accounts();
    for (role, registered, mut wanted) in accounts {
        let own: &[(&str, &str)] = match role {
            "user" => &[("first_name", "Amina"), ("last_name", "Bénabadji")],
            "doctor" => &[
                ("profile.first_name", "Khalido"),
                ("profile.last_name", "Koulibaly"),
                ("specialite", "PEDIATRIE"),
                ("bio", "Pédiatre"),
                ("doctor_address", "Oran"),
            ],
            "hospital" => &[("hospital_number", "041 41 22 33"), ("hospital_address", "Oran")],
            _ => &[("labo_number", "041 41 22 33"), ("labo_address", "Oran")],
        };
        let profile = [
            ("numero_tel", json!("021 55 12 34")),
            ("address", json!("Oran")),
            ("image", json!("https://example.com/photo.png")),
            ("birth_date", json!("1990-05-15")),
            ("emergency_numbers", json!(["14"])),
        ];
        let own = own.iter().map(|(path, value)| ((*path).to_owned(), json!(value)));
        for (path, value) in own.chain(profile.map(|(name, value)| (profile_path(role, name), value))) {
            wanted = with(wanted, &path, value.clone());
            let answer = patch(&app, &registered, &with(json!({}), &path, value));
            assert_eq!((answer.status, &answer.json), (200, &wanted), "{role}: {path}");
        }
    }
}

#[test]
fn a_client_may_send_the_whole_document_with_one_change() {
    let (app, accounts) = start_with_odd_accounts();
    for (role, registered, wanted) in accounts {
        let answer = patch(&app, &registered, &wanted);
        assert_eq!((answer.status, &answer.json), (200, &wanted), "{role}");
        let wanted = with(wanted, &profile_path(role, "address"), "Oran");
        let answer = patch(&app, &registered, &wanted);
        assert_eq!((answer.status, &answer.json), (200, &wanted), "{role}");
    }
}

#[test]
fn a_new_value_must_follow_todays_rules() {
    let (app, accounts) = start_with_odd_accounts();
    for (role, registered, wanted) in &accounts {
        for (name, value, code) in
            [("numero_tel", "021 55 12 34 poste 13", "malformed"), ("image", "/media/other.png", "malformed")]
        {
            let path = profile_path(role, name);
            let answer = patch(&app, registered, &with(json!({}), &path, value));
            assert_fields(&answer, &[(&path, code)], role);
        }
        assert_eq!(me(&app, registered).json, *wanted, "{role}");
    }
}

#[test]
fn a_doctors_address_under_its_other_name_does_not_replace_an_unchanged_one() {
    let (app, accounts) = start_with_odd_accounts();
    let (_, registered, wanted) = &accounts[1];
    let both = json!({ "doctor_address": "-", "address": "Oran" });
    assert_eq!(patch(&app, registered, &both).json, *wanted);
    let wanted = with(wanted.clone(), "doctor_address", "Oran");
    assert_eq!(patch(&app, registered, &json!({ "address": "Oran" })).json, wanted);
}

#[test]
fn staff_commands_and_sessions_work_with_such_accounts() {
    let (app, accounts) = start_with_odd_accounts();
    // Staff texts that break today's rules.
    let staff = "UPDATE approvals SET state = 'rejected', decided_by = '-', decided_at = now(), reason = '…';
        INSERT INTO suspensions (suspension_id, profile_id, suspended_at, suspended_by, reason, lifted_at, lifted_by)
            SELECT gen_random_uuid(), id, '2026-01-01', '-', '', '2026-01-02', ' ' FROM profiles";
    batch(&app, staff);
    for (role, registered, _) in &accounts {
        let sessions = app.get_as(registered.text_at("access"), "/api/me/sessions");
        assert_eq!(sessions.status, 200, "{role}: {}", sessions.text);
        let session = &sessions.json[0];
        assert_eq!((&session["address"], &session["user_agent"]), (&json!("unknown"), &json!(" \u{7} ")));

        let email = format!("{role}@example.com");
        let known = Role::parse(role).unwrap();
        if known.needs_approval() {
            app.approve(known, &email);
        }
        let login = log_in(&app, role, &email);
        assert_eq!(login.status, 200, "{role}: {}", login.text);
        let refreshed = app.post("/api/token/refresh", &json!({ "refresh": login.text_at("refresh") }));
        assert_eq!(refreshed.status, 200, "{role}: {}", refreshed.text);
        app.suspend(&email);
        assert_problem(&log_in(&app, role, &email), 403, "account_suspended", role);
        app.reinstate(&email);
        assert_eq!(log_in(&app, role, &email).status, 200, "{role}");
    }
}

#[test]
fn an_email_that_breaks_todays_rules_can_log_in_without_revealing_that_it_exists() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    batch(&app, "UPDATE profiles SET email = 'Amina.B@localhost'");
    batch(&app, "UPDATE identifiers SET value_key = 'amina.b@localhost' WHERE system = 'email'");
    for email in ["Amina.B@localhost", " amina.b@LOCALHOST"] {
        assert_eq!(log_in(&app, "user", email).status, 200, "{email}");
    }
    assert_eq!(me(&app, &registered).json["email"], "Amina.B@localhost");
    // An unknown address is refused like a wrong password.
    for email in ["nobody@localhost", "amina.b@127"] {
        assert_problem(&log_in(&app, "user", email), 401, "wrong_credentials", email);
    }
    let new = crate::support::with(sihha_tests::samples::patient("x@example.com"), "email", "x@localhost");
    assert_fields(&app.post("/api/user/register", &new), &[("email", "malformed")], "a new registration");
}
