//! `sihha accounts search`, `list`, `show` and `duplicates`.

use serde_json::{Value, json};
use sihha_tests::{TestDatabase, samples};

use crate::process::{Service, Sihha};

/// Starts a service with one account of each role.
fn serve_with_accounts(sihha: &Sihha) -> Service {
    let service = sihha.serve();
    for role in ["user", "doctor", "hospital", "labo"] {
        let email = format!("{role}@example.com");
        let answer = service.post(&format!("/api/{role}/register"), &samples::registration(role, &email));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    service
}

fn printed<const N: usize>(sihha: &Sihha, arguments: [&str; N]) -> Value {
    let mut command = sihha.command(arguments);
    let text = crate::process::Process::start(command.arg("--json")).finish().succeeded();
    serde_json::from_str(&text).unwrap()
}

fn emails(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|account| account["email"].as_str().unwrap()).collect()
}

#[test]
fn staff_find_list_and_show_accounts() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_accounts(&sihha);

    // The order of names and their spelling make no difference.
    let found = printed(&sihha, ["accounts", "search", "koulibali Halido"]);
    assert_eq!(emails(&found), ["doctor@example.com"]);
    let doctor = &found[0];
    assert_eq!((&doctor["role"], &doctor["state"]), (&"doctor".into(), &"pending".into()));
    assert_eq!((&doctor["first_name"], &doctor["last_name"]), (&"Khalido".into(), &"Koulibaly".into()));
    assert!(doctor["name"].is_null());
    assert!((0.5..1.0).contains(&doctor["score"].as_f64().unwrap()), "{doctor}");
    let labo = printed(&sihha, ["accounts", "search", "Fatma Zohra", "--role", "labo"]);
    assert_eq!(labo[0]["name"], "Fatma Zohra Laboratoire");
    assert!(labo[0]["first_name"].is_null() && labo[0]["last_name"].is_null());
    assert_eq!(emails(&printed(&sihha, ["accounts", "search", "HOSPITAL@"])), ["hospital@example.com"]);
    let id = doctor["id"].as_str().unwrap();
    assert_eq!(emails(&printed(&sihha, ["accounts", "search", id])), ["doctor@example.com"]);
    assert_eq!(emails(&printed(&sihha, ["accounts", "search", "a"])), [""; 0]);
    assert_eq!(sihha.run(["accounts", "search", "%"]).succeeded(), "no accounts found\n");
    let line = sihha.run(["accounts", "search", "Khalido Koulibaly"]).succeeded();
    assert!(line.starts_with(&format!("1.00  {id}  doctor    pending")), "{line}");

    let all = printed(&sihha, ["accounts", "list"]);
    assert_eq!(
        emails(&all),
        ["user", "doctor", "hospital", "labo"].map(|role| format!("{role}@example.com"))
    );
    assert!(all[0].get("score").is_none());
    let after = all[1]["id"].as_str().unwrap();
    let next = printed(&sihha, ["accounts", "list", "--after", after, "--limit", "1"]);
    assert_eq!(emails(&next), ["hospital@example.com"]);
    assert_eq!(emails(&printed(&sihha, ["accounts", "list", "--state", "active"])), ["user@example.com"]);

    sihha.run(["approvals", "approve", "--id", id, "--by", "Leïla"]).succeeded();
    sihha
        .run(["accounts", "suspend", "--id", id, "--reason", "compte\u{200f} volé", "--by", "Karim"])
        .succeeded();
    let shown = printed(&sihha, ["accounts", "show", "DOCTOR@example.com"]);
    assert_eq!((&shown["id"], &shown["state"]), (&id.into(), &"suspended".into()));
    assert_eq!(shown["events"][0]["by"], "Leïla");
    assert_eq!(shown["suspensions"][0]["suspended_by"], "Karim");
    assert!(shown["suspensions"][0]["reinstated_at"].is_null());
    assert_eq!((&shown["language"], &shown["email_verified_at"]), (&"fr".into(), &Value::Null));
    assert!(shown["last_bounce"].is_null(), "{shown}");
    let bounced = "INSERT INTO outbox (profile_id, id, recipient, language, template, params, state, queued_at, give_up_at,
            attempts, next_attempt_at, finished_at, last_error)
        SELECT id, gen_random_uuid(), email, 'fr', 'reset_password', '{}', 'dead', now(), now(), 1, now(), now(),
            '550 <' || email || '> unknown' FROM profiles";
    database.execute(bounced).unwrap();
    let bounce = &printed(&sihha, ["accounts", "show", id])["last_bounce"];
    assert_eq!(
        (&bounce["template"], &bounce["error"]),
        (&"reset_password".into(), &"550 <…> unknown".into())
    );
    let text = sihha.run(["accounts", "show", id]).succeeded();
    assert!(text.contains("\ne-mail verified: no\nlast bounce: reset_password on "), "{text}");
    for part in [id, "suspended  ", "approved: by Leïla on ", "suspended: by Karim on ", "Koulibaly"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert_eq!(
        emails(&printed(&sihha, ["accounts", "list", "--state", "suspended"])),
        ["doctor@example.com"]
    );
}

#[test]
fn an_unknown_account_is_not_shown() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = sihha.serve();
    for account in ["nobody@example.com", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"] {
        assert!(sihha.run(["accounts", "show", account]).refusal().contains(account));
    }
}

#[test]
fn an_invalid_search_is_a_usage_error() {
    let sihha = Sihha::bare();
    for (finished, part) in [
        (sihha.run(["accounts", "search"]), "<QUERY>"),
        (sihha.run(["accounts", "search", "a", "--role", "nurse"]), "hospital"),
        (sihha.run(["accounts", "search", "a", "--state", "lost"]), "suspended"),
        (sihha.run(["accounts", "search", "a", "--wilaya", "99"]), "--wilaya"),
        (sihha.run(["accounts", "search", "a", "--limit", "0"]), "--limit"),
        (sihha.run(["accounts", "list", "--after", "amina"]), "UUID"),
        (sihha.run(["accounts", "show", "amina"]), "e-mail"),
    ] {
        assert!(finished.usage_error().contains(part), "no {part} in {finished:?}");
    }
}

#[test]
fn possible_duplicates_are_reported_with_their_reasons() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    for (email, first_name, telephone) in [
        ("first@example.com", "Mohamed", "0552 98 73 32"),
        ("second@example.com", "Mohammed", "+213 552 98 73 32"),
        ("third@example.com", "Yasmine", "0661 00 00 00"),
    ] {
        let mut body = samples::patient(email);
        body["first_name"] = json!(first_name);
        body["numero_tel"] = json!(telephone);
        body["birth_date"] = json!("1990-05-15");
        let registered = service.post("/api/user/register", &body);
        assert_eq!(registered.status, 201, "{}", registered.text);
    }
    let report = |arguments: &[&str]| {
        let mut command = sihha.command(["accounts", "duplicates"]);
        crate::process::Process::start(command.args(arguments)).finish().succeeded()
    };
    for arguments in [&["--json"][..], &["--json", "--account", "first@example.com"]] {
        let found: Value = serde_json::from_str(&report(arguments)).unwrap();
        let [account] = found.as_array().unwrap().as_slice() else { panic!("{found}") };
        assert_eq!(account["email"], "first@example.com");
        let [other] = account["duplicates"].as_array().unwrap().as_slice() else { panic!("{found}") };
        assert_eq!(other["email"], "second@example.com");
        assert_eq!(other["reasons"], json!(["telephone", "name_and_birth_date"]));
    }
    let lines = report(&[]);
    assert!(lines.contains("(same telephone number, same name and date of birth)"), "{lines}");
    assert_eq!(report(&["--json", "--account", "third@example.com"]), "[]\n");
    assert_eq!(report(&["--account", "third@example.com"]), "no possible duplicates found\n");
    let unknown = sihha.run(["accounts", "duplicates", "--account", "nobody@example.com"]);
    assert_eq!(unknown.refusal(), "sihha: there is no account with the e-mail nobody@example.com");
}
