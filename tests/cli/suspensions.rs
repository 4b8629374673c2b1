//! `sihha accounts`: staff suspend and reinstate, whether the service runs or not.

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
fn repeating_changes_nothing_and_tells_who_was_first() {
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
    assert_eq!(database.number(history), 2, "nothing of what was is lost");
}

#[test]
fn every_option_is_an_environment_variable_and_the_user_is_named_by_default() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let _service = serve_with_amina(&sihha);
    let sihha = sihha.with("SIHHA_EMAIL", "Amina@EXAMPLE.com").with("SIHHA_REASON", "compte volé");
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
    let done = sihha.run(["accounts", "suspend"]).succeeded();
    assert!(done.contains(&format!("by {user} on ")) && done.contains("compte volé"), "{done}");
    let done = sihha.with("SIHHA_DECIDER", "Leïla").run(["accounts", "reinstate"]).succeeded();
    assert!(done.contains("by Leïla on "), "{done}");
}

#[test]
fn an_account_that_is_not_there_is_told_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    for finished in [suspend(&sihha, ["--reason", "compte volé"]), reinstate(&sihha, [])] {
        assert!(finished.refusal().contains(EMAIL), "{finished:?}");
    }
}

#[test]
fn a_command_that_cannot_be_meant_is_a_usage_error() {
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
