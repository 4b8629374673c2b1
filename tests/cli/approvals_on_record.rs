//! Staff commands on applications whose stored values break a current rule, and on accounts named
//! by id.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use sihha_tests::{TestDatabase, samples};

use crate::process::{Finished, Sihha};

/// A doctor whose values current rules reject. Its id is later than its registration.
const OUTDATED_DOCTOR: &str = "
    BEGIN;
    INSERT INTO identifiers (system, value_key, profile_id, claimed_at) VALUES
        ('email', 'dr.x@localhost', 'ffffffff-ffff-7fff-bfff-ffffffffffff', '2020-01-02 03:04:05Z');
    INSERT INTO profiles (id, role, doctor_role, approval_role, email, carte_id, numero_tel, address, image,
        registered_at) VALUES
        ('ffffffff-ffff-7fff-bfff-ffffffffffff', 'doctor', 'doctor', 'doctor', 'dr.x@localhost', 'X1', 'poste 12', '-', '/x.png',
         '2020-01-02 03:04:05Z');
    INSERT INTO doctors (profile_id, first_name, last_name, specialite, is_privee) VALUES
        ('ffffffff-ffff-7fff-bfff-ffffffffffff', E'Dr\\n\\x1b[31mX', U&'\\202E!', 'AUTRE', false);
    INSERT INTO approvals (profile_id, role, application_state, submitted_at) VALUES
        ('ffffffff-ffff-7fff-bfff-ffffffffffff', 'doctor', 'pending', '2020-01-02 03:04:05Z');
    INSERT INTO passwords (profile_id, hash) VALUES ('ffffffff-ffff-7fff-bfff-ffffffffffff', '$none');
    COMMIT";

const OUTDATED_ID: &str = "ffffffff-ffff-7fff-bfff-ffffffffffff";

/// Returns a database with a current doctor, and one with outdated values that registered earlier.
fn with_outdated_doctor() -> (TestDatabase, Sihha, String) {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let registered =
        service.post("/api/doctor/register", &samples::registration("doctor", "doctor@example.com"));
    assert_eq!(registered.status, 201, "{}", registered.text);
    let id = registered.text_at("id").to_owned();
    drop(service);
    database.run(|pg| pg.batch_execute(OUTDATED_DOCTOR)).unwrap();
    (database, sihha, id)
}

fn on<const N: usize>(sihha: &Sihha, words: [&str; 2], id: &str, more: [&str; N]) -> Finished {
    let [noun, verb] = words;
    let mut command = sihha.command([noun, verb, "--id", id]);
    crate::process::Process::start(command.args(more)).finish()
}

#[test]
fn one_outdated_row_hides_no_other_and_every_row_has_its_id() {
    let (_database, sihha, id) = with_outdated_doctor();
    let text = sihha.run(["approvals", "list"]).succeeded();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for part in ["2020-01-02T03:04:05.000Z", OUTDATED_ID, "dr.x@localhost", r"Dr\u{a}\u{1b}[31mX \u{202e}!"] {
        assert!(lines[0].contains(part), "no {part} in {text}");
    }
    assert!(lines[1].contains(&id) && lines[1].contains("doctor@example.com"), "{text}");

    let text = sihha.run(["approvals", "list", "--json"]).succeeded();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rows[0]["id"], &rows[1]["id"]), (&json!(OUTDATED_ID), &json!(id)));
    assert_eq!(rows[0]["email"], "dr.x@localhost");
    assert_eq!(rows[0]["name"], "Dr\n\u{1b}[31mX \u{202e}!", "scripts get the stored value");
}

#[test]
fn a_name_does_not_reorder_the_rest_of_its_line() {
    let (database, sihha, id) = with_outdated_doctor();
    let rename =
        "UPDATE doctors SET first_name = U&'\\2067X', last_name = 'Y' WHERE first_name NOT LIKE 'Dr%'";
    assert_eq!(database.execute(rename), Ok(1));
    for finished in [
        sihha.run(["approvals", "list"]),
        on(&sihha, ["approvals", "approve"], &id, []),
        on(&sihha, ["accounts", "suspend"], &id, ["--reason", "compte volé"]),
        on(&sihha, ["accounts", "reinstate"], &id, []),
    ] {
        let text = finished.succeeded();
        assert!(text.contains("\u{2068}\u{2067}X Y\u{2069}\u{2069}"), "{text:?}");
    }
}

#[test]
fn an_outdated_application_is_decided_by_its_id() {
    let (database, sihha, _) = with_outdated_doctor();
    let done = on(&sihha, ["approvals", "approve"], OUTDATED_ID, ["--by", "Leïla"]).succeeded();
    assert!(done.starts_with("approved: doctor dr.x@localhost (Dr"), "{done}");
    assert_eq!(done.lines().count(), 1, "{done}");
    let refused = on(&sihha, ["approvals", "reject"], OUTDATED_ID, ["--reason", "faux diplôme"]);
    assert!(
        refused.refusal().contains(OUTDATED_ID) && refused.refusal().contains("--reconsider"),
        "{refused:?}"
    );
    let more = ["--reason", "faux diplôme", "--by", "Karim", "--reconsider"];
    assert!(
        on(&sihha, ["approvals", "reject"], OUTDATED_ID, more)
            .succeeded()
            .starts_with("rejected: doctor dr.x")
    );
    assert_eq!(database.number("SELECT count(*) AS n FROM approvals WHERE state = 'rejected'"), 1);
    // Its e-mail is invalid by current rules, but still names it.
    let by_email = ["approvals", "approve", "--role", "doctor", "--email", "DR.X@localhost", "--reconsider"];
    sihha.run(by_email).succeeded();
}

#[test]
fn an_outdated_account_is_suspended_and_reinstated_by_its_id() {
    let (database, sihha, _) = with_outdated_doctor();
    let in_force = "SELECT count(*) AS n FROM suspensions WHERE lifted_at IS NULL";
    let done = on(&sihha, ["accounts", "suspend"], OUTDATED_ID, ["--reason", "compte volé"]).succeeded();
    assert!(done.starts_with("suspended: doctor dr.x@localhost (Dr") && done.lines().count() == 1, "{done}");
    assert_eq!(database.number(in_force), 1);
    on(&sihha, ["accounts", "reinstate"], OUTDATED_ID, []).succeeded();
    assert_eq!(database.number(in_force), 0);
}

#[test]
fn the_history_has_all_decisions_including_those_of_the_previous_release() {
    let (database, sihha, id) = with_outdated_doctor();
    let history = |more: &[&str]| {
        let mut command = sihha.command(["approvals", "history", "--email", "doctor@example.com"]);
        crate::process::Process::start(command.args(more)).finish().succeeded()
    };
    assert_eq!(history(&[]), "no decision yet\n");
    assert_eq!(history(&["--json"]), "");
    // The previous release replaced the decision, and appended no event.
    let old = "UPDATE approvals SET state = 'rejected', decided_by = 'Leïla', reason = 'illisible',
        decided_at = '2026-11-23 09:30:00.5+00' WHERE role = 'doctor' AND profile_id <> 'ffffffff-ffff-7fff-bfff-ffffffffffff'";
    assert_eq!(database.execute(old), Ok(1));
    assert_eq!(history(&[]), "rejected: by Leïla on 2026-11-23T09:30:00.500Z: illisible\n");

    let more = ["--by", "Karim", "--reconsider", "--reason", "Diplôme vérifié"];
    on(&sihha, ["approvals", "approve"], &id, more).succeeded();
    on(&sihha, ["approvals", "reject"], &id, ["--by", "Samira", "--reconsider", "--reason", "radié"])
        .succeeded();
    let text = history(&[]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, parts) in lines.iter().zip([
        ["rejected: by Leïla on ", ": illisible"],
        ["approved: by Karim on ", ": Diplôme vérifié"],
        ["rejected: by Samira on ", ": radié"],
    ]) {
        assert!(line.starts_with(parts[0]) && line.ends_with(parts[1]), "{line}");
    }
    let text = history(&["--json"]);
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = json!({ "event": "rejected", "by": "Leïla", "at": "2026-11-23T09:30:00.500Z",
        "reason": "illisible", "reason_code": null });
    assert_eq!((rows.len(), &rows[0], &rows[2]["by"]), (3, &first, &json!("Samira")));

    let by_id = on(&sihha, ["approvals", "history"], &id, []).succeeded();
    assert_eq!(by_id, history(&[]));
}

#[test]
fn an_unknown_id_is_reported_in_one_line_and_an_invalid_one_is_a_usage_error() {
    let (_database, sihha, _) = with_outdated_doctor();
    let unknown = "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90";
    for finished in [
        on(&sihha, ["approvals", "approve"], unknown, []),
        on(&sihha, ["approvals", "history"], unknown, []),
        on(&sihha, ["accounts", "reinstate"], unknown, []),
        // The id of a doctor.
        on(&sihha, ["approvals", "approve"], OUTDATED_ID, ["--role", "labo"]),
    ] {
        assert!(finished.refusal().contains("the id "), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    }
    for (finished, part) in [
        (on(&sihha, ["approvals", "approve"], "X1", []), "--id"),
        (
            on(&sihha, ["approvals", "history"], OUTDATED_ID, ["--email", "a@example.com"]),
            "cannot be used with",
        ),
        (
            on(&sihha, ["accounts", "reinstate"], OUTDATED_ID, ["--email", "a@example.com"]),
            "cannot be used with",
        ),
        (sihha.run(["approvals", "history"]), "--id"),
        (sihha.run(["accounts", "suspend", "--reason", "x"]), "--id"),
    ] {
        assert!(finished.usage_error().contains(part), "no {part} in {finished:?}");
    }
}
