//! Mail on its way to a real SMTP server.

use std::fs;

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, TestSmtp};

use crate::mail::{EMAIL, queue, register, tried};
use crate::process::{Sihha, eventually};

#[test]
fn a_message_that_a_server_delays_and_then_refuses_is_accepted_when_it_is_tried_again() {
    let refusals = ["--at", "RCPT=451 4.7.1 come back later", "--at", "RCPT=550 5.1.1 unknown"];
    let server =
        TestSmtp::start(&[&["--tls", "implicit", "--login", "sihha:secret"], &refusals[..]].concat());
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_SMTP_URL", format!("smtps://sihha@localhost:{}", server.port()))
        .with("SIHHA_SMTP_PASSWORD", "secret")
        .with("SIHHA_SMTP_CA_FILE", "authority.pem")
        .with("SIHHA_MAIL_FROM", "Sihha <no-reply@example.dz>");
    fs::write(sihha.path().join("authority.pem"), server.authority()).unwrap();
    let service = sihha.serve();
    queue(&database, &register(&service), 1);

    let in_state =
        |state: &str| eventually(state, || tried(&sihha, "test").pop().filter(|it| it["state"] == state));
    // The attempt is counted before it is made.
    let delayed =
        eventually("a delay", || tried(&sihha, "test").pop().filter(|it| it["last_error"].is_string()));
    assert!(delayed["last_error"].as_str().unwrap().contains("451 4.7.1 come back later"), "{delayed}");
    assert!(delayed["next_attempt_at"].as_str() > delayed["queued_at"].as_str(), "{delayed}");
    let id = delayed["id"].as_str().unwrap();
    let retry = || sihha.run(["mail", "retry", id]).succeeded();
    retry();
    let refused = in_state("dead");
    assert!(refused["last_error"].as_str().unwrap().contains("550 5.1.1 unknown"), "{refused}");
    let dead = sihha.run(["mail", "list", "--state", "dead"]).succeeded();
    assert!(dead.contains(id) && dead.contains("550 5.1.1 unknown"), "{dead}");
    retry();
    in_state("sent");
    service.stop(Signal::SIGTERM).succeeded();

    let events = server.finish();
    let messages: Vec<_> = events.iter().filter(|event| event["event"] == "message").collect();
    let [message] = messages[..] else { panic!("{events:?}") };
    assert_eq!((&message["to"][0], &message["user"]), (&EMAIL.into(), &"sihha".into()), "{message}");
    let text = message["text"].as_str().unwrap();
    assert!(text.contains(&format!("Message-ID: <{id}@example.dz>\r\n")), "{text}");
}
