//! `sihha accounts`, while the service runs and while it does not.

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Finished, Service, Sihha};

const EMAIL: &str = "amina@example.com";

fn serve_with_amina(sihha: &Sihha) -> Service {
    let service = sihha.serve();
    let answer = service.post("/api/user/register", &samples::patient(EMAIL));
    assert_eq!(answer.status, 201, "{}", answer.text);
    service
}

fn login(service: &Service) -> u16 {
    service.post("/api/user/login", &samples::login(EMAIL)).status
}

fn suspend<const N: usize>(sihha: &Sihha, more: [&str; N]) -> Finished {
    let mut command = sihha.command(["accounts", "suspend", "--email", EMAIL]);
    crate::process::Process::start(command.args(more)).finish()
}

fn reinstate<const N: usize>(sihha: &Sihha, more: [&str; N]) -> Finished {
    let mut command = sihha.command(["accounts", "reinstate", "--email", EMAIL]);
    crate::process::Process::start(command.args(more)).finish()
}

#[test]
fn staff_suspend_while_the_service_runs_and_reinstate_while_it_does_not() {
    let sihha = Sihha::made();
    let service = serve_with_amina(&sihha);
    assert_eq!(login(&service), 200);
    let done = suspend(&sihha, ["--reason", "compte volé", "--by", "Leïla"]).succeeded();
    for part in ["suspended: user amina@example.com (", "by Leïla on ", ": compte volé"] {
        assert!(done.contains(part), "no {part} in {done}");
    }
    assert_eq!(login(&service), 403);
    service.stop(Signal::SIGTERM).succeeded();

    let done = reinstate(&sihha, ["--by", "كريم"]).succeeded();
    assert!(
        done.starts_with("reinstated: user amina@example.com (") && done.contains("by كريم on "),
        "{done}"
    );
    assert_eq!(sihha.processes(), []);
    assert_eq!(login(&sihha.serve()), 200);
}

#[test]
fn a_repeated_command_changes_nothing_and_names_the_first_decider() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = serve_with_amina(&sihha);
    assert!(reinstate(&sihha, []).succeeded().starts_with("never suspended: user amina@example.com ("));

    suspend(&sihha, ["--reason", "compte volé", "--by", "Leïla"]).succeeded();
    let again = suspend(&sihha, ["--reason", "une autre", "--by", "Karim"]).succeeded();
    assert!(again.contains("by Leïla on ") && again.ends_with(": compte volé\n"), "{again}");
    assert_eq!(login(&service), 403);

    reinstate(&sihha, ["--by", "Leïla"]).succeeded();
    let again = reinstate(&sihha, ["--by", "Karim"]).succeeded();
    assert!(again.starts_with("reinstated: ") && again.contains("by Leïla on "), "{again}");
    assert_eq!(login(&service), 200);

    suspend(&sihha, ["--reason", "encore", "--by", "Karim"]).succeeded();
    assert_eq!(login(&service), 403);
    let history = "SELECT count(*) AS n FROM suspensions WHERE reason IN ('compte volé', 'encore')";
    assert_eq!(database.number(history), 2, "no suspension is lost");
}

#[test]
fn arguments_are_not_read_from_the_environment() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = serve_with_amina(&sihha);
    let other = service.post("/api/user/register", &samples::patient("samir@example.com"));
    assert_eq!(other.status, 201, "{}", other.text);
    let variables = [
        ("SIHHA_EMAIL", "--email", "samir@example.com"),
        ("SIHHA_ID", "--id", other.text_at("id")),
        ("SIHHA_REASON", "--reason", "une autre"),
        ("SIHHA_DECIDER", "--by", "Leïla"),
    ];
    let sihha = variables.iter().fold(sihha, |sihha, (name, _, value)| sihha.with(name, value));
    assert!(sihha.run(["accounts", "suspend"]).usage_error().contains("--email"));
    assert!(suspend(&sihha, []).usage_error().contains("--reason"));

    let suspended = suspend(&sihha, ["--reason", "compte volé"]);
    for (name, argument, _) in variables {
        let warning = suspended.stderr.lines().find(|line| line.contains(name)).unwrap_or_default();
        assert!(warning.contains("WARN") && warning.contains("has no effect"), "{name}: {suspended:?}");
        assert!(warning.contains(argument), "{warning}");
    }
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
    let done = suspended.succeeded();
    assert!(done.contains(EMAIL) && done.contains(&format!("by {user} on ")), "{done}");
    assert!(done.contains("compte volé"), "{done}");
    assert_eq!(login(&service), 403);
    let other = service.post("/api/user/login", &samples::login("samir@example.com"));
    assert_eq!(other.status, 200, "{}", other.text);
}

#[test]
fn an_empty_name_of_the_caller_of_sudo_is_none() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SUDO_USER", "");
    let _service = serve_with_amina(&sihha);
    suspend(&sihha, ["--reason", "compte volé"]).succeeded();
}

#[test]
fn an_unknown_account_is_reported_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    for finished in [suspend(&sihha, ["--reason", "compte volé"]), reinstate(&sihha, [])] {
        assert!(finished.refusal().contains(EMAIL), "{finished:?}");
    }
}

#[test]
fn an_invalid_command_is_a_usage_error() {
    let sihha = Sihha::bare();
    for (finished, part) in [
        (suspend(&sihha, []), "--reason"),
        (suspend(&sihha, ["--reason", " "]), "--reason"),
        (suspend(&sihha, ["--reason", "compte volé", "--by", ""]), "--by"),
        (reinstate(&sihha, ["--reason", "compte volé"]), "--reason"),
        (sihha.run(["accounts", "reinstate"]), "--email"),
        (sihha.run(["accounts", "reinstate", "--email", "amina"]), "--email"),
        (sihha.run(["accounts"]), "suspend"),
    ] {
        assert!(finished.usage_error().contains(part), "no {part} in {finished:?}");
    }
}
