//! The service is stopped or killed while clients use it.

use nix::sys::signal::Signal;
use sihha_tests::TestDatabase;

use super::load::{compare, under_load, unlimited};
use crate::process::Sihha;

#[test]
fn a_service_that_stops_under_load_loses_no_registration() {
    for drain in ["0s", "300ms"] {
        let database = TestDatabase::new();
        let sihha = unlimited(Sihha::on(&database)).with("SIHHA_DRAIN", drain);
        let service = sihha.serve();
        let ledger = under_load(&service, |load| {
            service.signal(Signal::SIGTERM);
            load.wait_for_end();
        });
        service.finish().succeeded();
        let next = sihha.serve();
        compare(ledger, &next, |sql| database.number(sql));
        next.stop(Signal::SIGTERM).succeeded();
    }
}

#[test]
fn a_service_that_is_killed_under_load_loses_no_registration() {
    let database = TestDatabase::new();
    let sihha = unlimited(Sihha::on(&database));
    let service = sihha.serve();
    let ledger = under_load(&service, |load| {
        service.signal(Signal::SIGKILL);
        load.wait_for_end();
    });
    drop(service);
    let next = sihha.serve();
    compare(ledger, &next, |sql| database.number(sql));
    next.stop(Signal::SIGTERM).succeeded();
}
