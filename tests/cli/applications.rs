//! Requests for corrections and reopened applications, and the jobs about applications.

use sihha_tests::{TestDatabase, samples};

use crate::process::{Process, Service, Sihha, eventually};

const EMAIL: &str = "doctor@example.com";

/// Starts a service with a pending doctor.
fn with_pending_doctor(sihha: &Sihha) -> Service {
    let service = sihha.serve();
    let answer = service.post("/api/doctor/register", &samples::registration("doctor", EMAIL));
    assert_eq!(answer.status, 201, "{}", answer.text);
    service
}

fn approvals(sihha: &Sihha, verb: &str, more: &[&str]) -> String {
    let mut command = sihha.command(["approvals", verb, "--role", "doctor", "--email", EMAIL]);
    Process::start(command.args(["--by", "Leïla"]).args(more)).finish().succeeded()
}

fn list(sihha: &Sihha, state: &str) -> String {
    sihha.run(["approvals", "list", "--state", state]).succeeded()
}

#[test]
fn staff_reject_by_a_code_reopen_and_request_corrections() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = with_pending_doctor(&sihha);
    let done = approvals(&sihha, "reject", &["--reason-code", "card_mismatch"]);
    assert!(done.starts_with("rejected: doctor doctor@example.com "), "{done}");
    assert!(list(&sihha, "rejected").contains(": card_mismatch\n"));
    approvals(&sihha, "reopen", &["--reason", "une erreur"]);
    assert!(list(&sihha, "pending").contains(EMAIL));

    let request = ["--message", "La carte,\nsvp", "--field", "carte_id", "--field", "specialite"];
    let done = approvals(&sihha, "request-changes", &request);
    assert!(done.starts_with("changes_requested: ") && done.ends_with(": La carte,\\u{a}svp\n"), "{done}");
    assert_eq!(approvals(&sihha, "request-changes", &["--message", "another"]), done, "nothing changed");
    assert!(list(&sihha, "changes_requested").contains(EMAIL));
    assert_eq!(list(&sihha, "pending"), "no applications found\n");

    let history = sihha.run(["approvals", "history", "--email", EMAIL]).succeeded();
    let kinds: Vec<_> = history.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(kinds, ["rejected", "reopened", "changes_requested"], "{history}");
    let text = sihha.run(["approvals", "history", "--email", EMAIL, "--json"]).succeeded();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["fields"], serde_json::json!(["carte_id", "specialite"]));
    assert_eq!((&last["by"], &last["reason"]), (&"Leïla".into(), &"La carte,\nsvp".into()));
}

#[test]
fn a_decision_that_the_state_does_not_allow_says_what_to_do() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = with_pending_doctor(&sihha);
    approvals(&sihha, "approve", &[]);
    let mut command = sihha.command(["approvals", "request-changes", "--role", "doctor", "--email", EMAIL]);
    let refused = Process::start(command.args(["--message", "svp"])).finish();
    let line = refused.refusal();
    assert!(line.contains("by Leïla on ") && line.contains("`sihha approvals reopen` first"), "{line}");
}

#[test]
fn an_application_that_another_person_reads_is_decided_only_with_reconsider() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = with_pending_doctor(&sihha);
    let claim = "UPDATE approvals SET claimed_by = gen_random_uuid(), claimed_by_name = 'Nadia',
        claimed_until = now() + interval '15 minutes'";
    assert_eq!(database.execute(claim), Ok(1));
    let command = ["approvals", "approve", "--role", "doctor", "--email", EMAIL];
    let refused = sihha.run(command);
    let line = refused.refusal();
    assert!(line.contains("Nadia reads the doctor with ") && line.contains("--reconsider"), "{line}");
    approvals(&sihha, "approve", &["--reconsider"]);
}

#[test]
fn the_service_puts_held_decisions_in_force_and_counts_duplicates() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = with_pending_doctor(&sihha);
    let login = || service.post("/api/doctor/login", &samples::login(EMAIL)).status;
    assert_eq!(login(), 404);
    let hold = "WITH held AS (
            UPDATE approvals SET application_state = 'approved', effective_at = now() + interval '1 second'
            RETURNING profile_id, effective_at)
        INSERT INTO application_events (profile_id, id, kind, at, actor_name, effective_at)
        SELECT profile_id, gen_random_uuid(), 'approved', now(), 'Leïla', effective_at FROM held";
    assert_eq!(database.execute(hold), Ok(1));
    eventually("the decision is in force", || (login() == 200).then_some(()));
    let counted = || database.number("SELECT count(possible_duplicates) AS n FROM approvals");
    eventually("the possible duplicates are counted", || (counted() == 1).then_some(()));
}
