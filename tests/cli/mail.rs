//! `sihha mail`, and the outbox that the service empties.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;
use sihha_domain::account::EmailAddress;
use sihha_domain::language::Language;
use sihha_domain::mail::{Addressee, Content, Outbox, TokenPurpose};
use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::postgres::{Database, locate};
use sihha_infra::tools;
use sihha_tests::{Client, TestDatabase, samples};

use crate::process::{Sihha, eventually};

pub(crate) const EMAIL: &str = "amina@example.com";

/// A port of this machine on which no server listens.
const AWAY: [&str; 4] = ["--smtp-url", "smtp://127.0.0.1:1", "--mail-from", "no-reply@example.dz"];

/// Registers an account, and returns its id.
pub(crate) fn register(client: &Client) -> String {
    client.post("/api/user/register", &samples::patient(EMAIL)).text_at("id").to_owned()
}

/// Adds messages to the owner of an account to the outbox.
pub(crate) fn queue(database: &TestDatabase, owner: &str, number: i64) {
    let ports = tools::ports(&database.open());
    let outbox = Outbox { secret_box: ports.secret_box.clone(), randomness: ports.randomness.clone() };
    let addressee = Addressee {
        profile_id: owner.parse().unwrap(),
        email: EmailAddress::parse(EMAIL).unwrap(),
        language: Language::Arabic,
    };
    let mut repositories = ports.store.autocommit().unwrap();
    for _ in 0..number {
        outbox.send(&mut *repositories, &addressee, &Content::test(), ports.clock.now()).unwrap();
    }
}

/// Returns the names of the messages in a folder that gets mail.
pub(crate) fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // A service that was killed may have left an unfinished file, with another name.
    names.filter(|name| !name.starts_with('.')).collect()
}

/// Returns the messages of a template that the service has finished or tried.
pub(crate) fn tried(sihha: &Sihha, template: &str) -> Vec<Value> {
    let text = sihha.run(["mail", "list", "--json"]).succeeded();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|message| message["template"] == template && message["attempts"] != 0).collect()
}

#[test]
fn without_settings_a_reset_mail_is_in_the_data_directory_and_leads_to_the_service() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    service.wait_for_log("mail goes into a folder");
    let owner = register(&service);
    let database = locate(Database::parse(&sihha.url_as("postgres")).unwrap(), None).unwrap();
    let use_cases = UseCases::new(tools::ports(&database), Settings::DEFAULT);
    let email = EmailAddress::parse(EMAIL).unwrap();
    use_cases.request_mail.run(TokenPurpose::ResetPassword, email).unwrap();

    let id = eventually("the delivery", || {
        let sent = tried(&sihha, "reset_password").into_iter().find(|message| message["state"] == "sent")?;
        Some(sent["id"].as_str().unwrap().to_owned())
    });
    let address = service.announcement.split_once("http://").unwrap().1.split_once("/api").unwrap().0;
    let shown = sihha.run(["mail", "show", &id]).succeeded();
    assert!(shown.contains(&format!("http://{address}/reset-password?token={owner}.")), "{shown}");
    assert!(shown.contains("state: sent") && shown.contains("template: reset_password, in fr"), "{shown}");

    let folder = sihha.data_dir().join("mail");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(format!("{id}.eml")))), (0o700, 0o600));
    let stopped = service.stop(Signal::SIGTERM);
    assert!(!stopped.stderr.contains("token="), "{}", stopped.stderr);
    stopped.succeeded();
}

#[test]
fn a_test_message_is_written_or_sent_immediately() {
    let sihha = Sihha::cheap().with("SIHHA_MAIL_FOLDER", "mail");
    let written = sihha.run(["mail", "test", "--to", EMAIL, "--language", "ar"]).succeeded();
    let (to, file) = written.trim_end().split_once(": ").unwrap();
    assert_eq!(to, format!("written for {EMAIL}"));
    let message = fs::read_to_string(file).unwrap();
    assert!(message.contains(&format!("To: {EMAIL}\r\n")), "{message}");

    let sihha = sihha.without("SIHHA_MAIL_FOLDER");
    let away = sihha.run_all(&[&["mail", "test", "--to", EMAIL], &AWAY[..]].concat());
    assert!(away.refusal().contains("not sent: smtp://127.0.0.1:1"), "{away:?}");
    let nowhere = sihha.with("DATABASE_URL", "postgres://nowhere").run(["mail", "test", "--to", EMAIL]);
    assert!(nowhere.refusal().contains("give --smtp-url or --mail-folder"), "{nowhere:?}");
}

#[test]
fn a_message_waits_while_the_server_is_away_until_it_is_tried_again() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve_with(AWAY);
    queue(&database, &register(&service), 1);
    let waiting =
        eventually("an attempt", || tried(&sihha, "test").pop().filter(|it| it["last_error"].is_string()));
    assert_eq!(waiting["state"], "queued");
    assert!(waiting["next_attempt_at"].is_string() && waiting["finished_at"].is_null(), "{waiting}");
    service.wait_for_log("mail not delivered; it is tried again");
    service.stop(Signal::SIGTERM).succeeded();
    let listed = sihha.run(["mail", "list", "--state", "queued"]).succeeded();
    assert!(listed.contains(EMAIL) && listed.contains("next attempt on"), "{listed}");

    let sihha = sihha.with("SIHHA_MAIL_FOLDER", "mail");
    let service = sihha.serve();
    assert_eq!(sihha.run(["mail", "retry"]).succeeded(), "1 message is due now\n");
    eventually("the delivery", || tried(&sihha, "test").pop().filter(|it| it["state"] == "sent"));
    service.stop(Signal::SIGTERM).succeeded();

    let id = waiting["id"].as_str().unwrap();
    assert_eq!(files(&sihha.path().join("mail")), [format!("{id}.eml")].into());
    let shown = sihha.run(["mail", "show", id, "--json"]).succeeded();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown["text"].as_str().unwrap().contains("رسالة"), "{shown}");
    assert_eq!(sihha.run(["mail", "retry"]).succeeded(), "no message is queued or dead\n");
    let refused = sihha.run(["mail", "retry", id]);
    assert!(refused.refusal().contains("it was sent"), "{refused:?}");
    for command in ["show", "retry"] {
        let unknown = sihha.run(["mail", command, "01a22517-a1ad-7265-af50-35a8a6d13a2b"]);
        assert!(unknown.refusal().contains("`sihha mail list`"), "{unknown:?}");
    }
    assert_eq!(sihha.run(["mail", "list", "--state", "dead"]).succeeded(), "no messages found\n");
    assert_eq!(sihha.run(["mail", "list", "--before", id]).succeeded(), "no messages found\n");
}
