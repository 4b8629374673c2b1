//! Connections to Postgres break in the middle of transactions.

use std::sync::Arc;

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, TestPostgres};

use super::load::{compare, under_load, unlimited};
use super::proxy::Proxy;
use crate::process::Sihha;

/// How often all connections break.
const CUTS: usize = 30;

#[test]
fn connections_that_break_in_the_middle_of_transactions_lose_no_registration() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    database.alter("SET synchronous_commit = on");
    let proxy = Proxy::start(database.postgres().socket_folder());
    let sihha = unlimited(Sihha::on(&database)).with("DATABASE_URL", proxy.url("sihha", database.name()));
    let service = sihha.serve();
    let ledger = under_load(&service, |load| {
        for cut in 0..CUTS {
            // By turns the network breaks, and the server ends the connections.
            if cut % 2 == 0 {
                proxy.cut();
            } else {
                database.cut_connections();
            }
            load.wait_for_success();
        }
        load.assert_recovery();
    });
    compare(ledger, &service, |sql| database.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}
