//! `sihha approvals`, while the service runs and while it does not.

use diesel::connection::SimpleConnection;
use nix::sys::signal::Signal;
use serde_json::Value;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Finished, Service, Sihha};

const PENDING: [(&str, &str, &str); 3] = [
    ("doctor", "doctor@example.com", "Khalido Koulibaly"),
    ("hospital", "hospital@example.com", "مستشفى باب الوادي"),
    ("labo", "labo@example.com", "Fatma Zohra Laboratoire"),
];

/// Starts a service with three pending accounts.
fn serve_with_pending(sihha: &Sihha) -> Service {
    let service = sihha.serve();
    for (role, email, _) in PENDING {
        let answer = service.post(&format!("/api/{role}/register"), &samples::registration(role, email));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    service
}

fn login(service: &Service, role: &str) -> u16 {
    let email = format!("{role}@example.com");
    service.post(&format!("/api/{role}/login"), &samples::login(&email)).status
}

fn approve<const N: usize>(sihha: &Sihha, role: &str, more: [&str; N]) -> Finished {
    decide(sihha, "approve", role, more)
}

fn reject<const N: usize>(sihha: &Sihha, role: &str, more: [&str; N]) -> Finished {
    decide(sihha, "reject", role, more)
}

fn decide<const N: usize>(sihha: &Sihha, decision: &str, role: &str, more: [&str; N]) -> Finished {
    let email = format!("{role}@example.com");
    let mut command = sihha.command(["approvals", decision, "--role", role, "--email", &email]);
    crate::process::Process::start(command.args(more)).finish()
}

/// Returns the lines of the list in that state, one per account.
fn list(sihha: &Sihha, state: &str) -> Vec<String> {
    let text = sihha.run(["approvals", "list", "--state", state]).succeeded();
    text.lines().filter(|line| line.contains('@')).map(ToOwned::to_owned).collect()
}

fn staff_decide(sihha: &Sihha) {
    let pending = list(sihha, "pending");
    assert_eq!(pending.len(), PENDING.len(), "{pending:?}");
    for ((role, email, name), line) in PENDING.iter().zip(&pending) {
        for part in [role, email, name, &"pending"] {
            assert!(line.contains(part), "no {part} in {line}");
        }
    }
    assert!(approve(sihha, "hospital", []).succeeded().contains("approved: hospital hospital@example.com"));
    assert!(reject(sihha, "labo", ["--reason", "unreadable licence"]).succeeded().contains("rejected: labo"));

    let pending = list(sihha, "pending");
    assert!(pending.len() == 1 && pending[0].contains("doctor"), "{pending:?}");
    let approved = list(sihha, "approved");
    assert!(approved.len() == 1 && approved[0].contains("hospital"), "{approved:?}");
    let rejected = list(sihha, "rejected");
    assert!(rejected.len() == 1 && rejected[0].contains("unreadable licence"), "{rejected:?}");
    assert_eq!(list(sihha, "all").len(), 3);
}

#[test]
fn staff_decide_while_the_service_runs() {
    let sihha = Sihha::made();
    let service = serve_with_pending(&sihha);
    let postmaster = sihha.postmaster();
    assert_eq!(login(&service, "hospital"), 404);
    staff_decide(&sihha);
    assert_eq!(login(&service, "hospital"), 200);
    assert_eq!(login(&service, "labo"), 404);
    assert_eq!(login(&service, "doctor"), 404);
    assert_eq!(sihha.postmaster(), postmaster, "the commands used the running Postgres");
}

#[test]
fn staff_decide_while_the_service_does_not_run() {
    let sihha = Sihha::made();
    serve_with_pending(&sihha).stop(Signal::SIGTERM).succeeded();
    staff_decide(&sihha);
    assert_eq!(sihha.processes(), []);
    let service = sihha.serve();
    assert_eq!(login(&service, "hospital"), 200);
    assert_eq!(login(&service, "labo"), 404);
    assert_eq!(login(&service, "doctor"), 404);
}

#[test]
fn simultaneous_lists_all_succeed_while_the_service_is_stopped() {
    let sihha = Sihha::made();
    serve_with_pending(&sihha).stop(Signal::SIGTERM).succeeded();
    let running: Vec<_> = (0..5).map(|_| sihha.start(["approvals", "list"])).collect();
    for process in running {
        let text = process.finish().succeeded();
        assert!(PENDING.iter().all(|(_, email, _)| text.contains(email)), "{text}");
    }
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_decision_is_replaced_only_with_reconsider() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = serve_with_pending(&sihha);

    reject(&sihha, "doctor", ["--reason", "no diploma"]).succeeded();
    let refused = approve(&sihha, "doctor", []);
    let line = refused.refusal();
    assert!(line.contains("--reconsider") && line.contains("no diploma"), "{line}");
    assert_eq!(login(&service, "doctor"), 404);
    approve(&sihha, "doctor", ["--reconsider"]).succeeded();
    assert_eq!(login(&service, "doctor"), 200);

    assert!(reject(&sihha, "doctor", ["--reason", "struck off"]).refusal().contains("--reconsider"));
    assert_eq!(login(&service, "doctor"), 200);
    reject(&sihha, "doctor", ["--reason", "struck off", "--reconsider"]).succeeded();
    assert_eq!(login(&service, "doctor"), 404);
}

#[test]
fn the_same_decision_again_changes_nothing() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_pending(&sihha);
    approve(&sihha, "doctor", ["--by", "Leïla"]).succeeded();
    let again = approve(&sihha, "doctor", ["--by", "Karim"]).succeeded();
    assert!(again.contains("Leïla") && !again.contains("Karim"), "{again}");
}

#[test]
fn a_decision_names_the_person_who_made_it() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_pending(&sihha);
    approve(&sihha, "doctor", ["--by", "د. ليلى بن علي", "--reason", "شهادة صحيحة"]).succeeded();
    let line = &list(&sihha, "approved")[0];
    assert!(line.contains("by د. ليلى بن علي") && line.contains("شهادة صحيحة"), "{line}");

    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
    approve(&sihha, "hospital", []).succeeded();
    assert!(list(&sihha, "approved").iter().any(|line| line.contains(&format!("by {user} on "))));
}

#[test]
fn a_value_may_begin_with_a_hyphen() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let email = "-x@example.com";
    let answer = service.post("/api/doctor/register", &samples::registration("doctor", email));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let mut command = sihha.command(["approvals", "reject", "--role", "doctor", "--email", email]);
    command.args(["--reason", "- agrément expiré", "--by", "-Leïla"]);
    let done = crate::process::Process::start(&mut command).finish().succeeded();
    assert!(done.contains("by -Leïla on ") && done.ends_with(": - agrément expiré\n"), "{done}");
    let suspend = sihha.run(["accounts", "suspend", "--email", email, "--reason", "--force"]);
    assert!(suspend.succeeded().ends_with(": --force\n"));
    let refused = sihha.run(["approvals", "history", "--id", "-1"]);
    assert!(refused.usage_error().contains("must be a UUID"), "{refused:?}");
}

#[test]
fn an_account_is_found_by_its_email_case_insensitively() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = serve_with_pending(&sihha);
    sihha.run(["approvals", "approve", "--role", "doctor", "--email", "Doctor@EXAMPLE.com"]).succeeded();
    assert_eq!(login(&service, "doctor"), 200);
}

#[test]
fn an_unknown_account_is_reported_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_pending(&sihha);
    // An unknown e-mail, and the e-mail of another role.
    for email in ["nobody@example.com", "hospital@example.com"] {
        let refused = sihha.run(["approvals", "approve", "--role", "doctor", "--email", email]);
        assert!(refused.refusal().contains(email), "{refused:?}");
        assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
    }
}

#[test]
fn an_invalid_command_is_a_usage_error() {
    let sihha = Sihha::bare();
    let approve = ["approvals", "approve", "--role"];
    let [a, b, c] = approve;
    for (finished, part) in [
        (sihha.run([a, b, c, "user", "--email", "amina@example.com"]), "patients need no approval"),
        (sihha.run([a, b, c, "nurse", "--email", "amina@example.com"]), "doctor, hospital or labo"),
        (sihha.run([a, b, c, "doctor", "--email", "amina"]), "--email"),
        (sihha.run([a, b, c, "doctor"]), "--email"),
        (sihha.run([a, b, "--email", "amina@example.com"]), "--role"),
        (sihha.run([a, "reject", c, "doctor", "--email", "amina@example.com"]), "--reason"),
        (sihha.run([a, "reject", c, "doctor", "--email", "a@example.com", "--reason", " "]), "--reason"),
        (
            sihha.run([a, "reject", c, "doctor", "--email", "a@example.com", "--reason-code", "x"]),
            "card_mismatch",
        ),
        (sihha.run([a, "reopen", c, "doctor", "--email", "a@example.com"]), "--reason"),
        (sihha.run([a, "request-changes", c, "doctor", "--email", "a@example.com"]), "--message"),
        (
            sihha.run([a, "list", "--state", "lost"]),
            "changes_requested, approved, rejected, changes_pending or all",
        ),
        (sihha.run([a, "list", "--role", "user"]), "patients need no approval"),
        (sihha.run([a, "list", "--limit", "0"]), "--limit"),
    ] {
        assert!(finished.usage_error().contains(part), "no {part} in {finished:?}");
    }
}

#[test]
fn a_locked_application_is_reported_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = serve_with_pending(&sihha);
    let locked = database.run(|pg| {
        pg.batch_execute("BEGIN; SELECT FROM profiles FOR UPDATE")?;
        let finished = approve(&sihha, "doctor", []);
        pg.batch_execute("ROLLBACK").map(|()| finished)
    });
    let finished = locked.unwrap();
    assert!(finished.refusal().contains("another transaction has locked"), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert_eq!(login(&service, "doctor"), 404, "there is no decision");
    approve(&sihha, "doctor", []).succeeded();
}

#[test]
fn the_list_can_be_filtered() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_pending(&sihha);
    let labos = sihha.run(["approvals", "list", "--role", "labo"]).succeeded();
    assert!(labos.lines().count() == 1 && labos.contains("labo@example.com"), "{labos}");
    let first = sihha.run(["approvals", "list", "--limit", "1"]).succeeded();
    assert!(first.lines().count() == 2 && first.contains("doctor@example.com"), "{first}");
    assert!(first.ends_with("1 of 3 listed; --limit shows more\n"), "{first}");
    assert_eq!(
        sihha.run(["approvals", "list", "--state", "rejected"]).succeeded(),
        "no applications found\n"
    );
}

#[test]
fn the_json_list_has_one_object_per_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_pending(&sihha);
    reject(&sihha, "labo", ["--reason", "سبب", "--by", "Leïla"]).succeeded();
    let text = sihha.run(["approvals", "list", "--state", "all", "--json"]).succeeded();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), PENDING.len());
    for (role, email, name) in PENDING {
        let line = lines.iter().find(|line| line["role"] == role).unwrap();
        assert_eq!((&line["email"], &line["name"]), (&email.into(), &name.into()));
        let state = if role == "labo" { "rejected" } else { "pending" };
        assert_eq!(line["state"], state);
        assert!(line["registered_at"].is_string() && line["id"].is_string(), "{line}");
    }
    let labo = lines.iter().find(|line| line["role"] == "labo").unwrap();
    assert_eq!((&labo["decided_by"], &labo["reason"]), (&"Leïla".into(), &"سبب".into()));

    let none = sihha.run(["approvals", "list", "--state", "approved", "--json"]).succeeded();
    assert_eq!(none, "");
}
