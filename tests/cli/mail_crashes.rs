//! The outbox survives the death of a service, and several services share it.

use nix::sys::signal::Signal;
use sihha_tests::TestDatabase;

use crate::mail::{files, queue, register};
use crate::process::{Sihha, eventually};

const MESSAGES: i64 = 200;
const KILLS: i64 = 5;

fn sent(database: &TestDatabase) -> i64 {
    database.number("SELECT count(*) AS n FROM outbox WHERE template = 'test' AND state = 'sent'")
}

fn attempts(database: &TestDatabase) -> i64 {
    database.number("SELECT sum(attempts)::bigint AS n FROM outbox WHERE template = 'test'")
}

#[test]
fn every_message_arrives_although_the_service_is_killed_again_and_again() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_MAIL_FOLDER", "mail");
    let service = sihha.serve();
    let owner = register(&service);
    service.stop(Signal::SIGTERM).succeeded();
    queue(&database, &owner, MESSAGES);
    for kill in 1..=KILLS {
        let service = sihha.serve();
        eventually("some deliveries", || (sent(&database) >= kill * MESSAGES / 10).then_some(()));
        service.stop(Signal::SIGKILL);
        // As after the time of the lease.
        database.execute("UPDATE outbox SET lease_until = queued_at WHERE lease_until IS NOT NULL").unwrap();
    }
    let service = sihha.serve();
    eventually("all deliveries", || (sent(&database) == MESSAGES).then_some(()));
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(files(&sihha.path().join("mail")).len(), usize::try_from(MESSAGES).unwrap());
    // Only the message that a service delivers while it is killed can be delivered twice.
    assert!(attempts(&database) <= MESSAGES + KILLS, "{} attempts", attempts(&database));
}

#[test]
fn two_services_deliver_no_message_twice() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let services = ["one", "two"].map(|folder| sihha.serve_with(["--mail-folder", folder]));
    queue(&database, &register(&services[0]), MESSAGES);
    eventually("all deliveries", || (sent(&database) == MESSAGES).then_some(()));
    for service in services {
        service.stop(Signal::SIGTERM).succeeded();
    }
    let [one, two] = ["one", "two"].map(|folder| files(&sihha.path().join(folder)));
    assert!(one.is_disjoint(&two), "{one:?} {two:?}");
    assert_eq!(one.len() + two.len(), usize::try_from(MESSAGES).unwrap());
    assert_eq!(attempts(&database), MESSAGES);
}
