//! Postgres is stopped, killed, suspended, or accepts no more connections.

use std::iter;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_tests::{TestDatabase, TestPostgres};

use super::load::{Load, compare, under_load, unlimited};
use crate::process::{Service, Sihha, eventually};

/// Runs `fault` on a server of its own, whose commits are durable, and compares the ledger.
fn on_own_server(fault: impl FnOnce(&Load, &TestDatabase, &Service)) {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    database.alter("SET synchronous_commit = on");
    let sihha = unlimited(Sihha::on(&database));
    let service = sihha.serve();
    let ledger = under_load(&service, |load| fault(load, &database, &service));
    compare(ledger, &service, |sql| database.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_server_that_was_stopped_loses_no_registration() {
    on_own_server(|load, database, _| {
        database.postgres().stop();
        load.wait_for_refusals();
        database.postgres().start_again();
        load.assert_recovery();
    });
}

#[test]
fn a_server_that_was_killed_loses_no_registration() {
    let sihha = unlimited(Sihha::made());
    let service = sihha.serve();
    let kill = |pid| kill(pid, Signal::SIGKILL).unwrap();
    let ledger = under_load(&service, |load| {
        // The process of one connection: the server then ends all others.
        let victim = "SELECT max(pid)::bigint AS n FROM pg_stat_activity \
                      WHERE datname = 'sihha' AND pid <> pg_backend_pid()";
        kill(Pid::from_raw(i32::try_from(sihha.number(victim)).unwrap()));
        load.assert_recovery();
        let killed = sihha.postmaster().expect("a private Postgres");
        kill(killed);
        // The service starts it again, perhaps before each client was refused.
        eventually("another server", || sihha.postmaster().filter(|other| *other != killed));
        load.assert_recovery();
    });
    compare(ledger, &service, |sql| sihha.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_server_that_was_suspended_loses_no_registration() {
    on_own_server(|load, database, _| {
        let frozen = database.postgres().freeze();
        load.wait_for_refusals();
        drop(frozen);
        load.assert_recovery();
    });
}

#[test]
fn a_server_whose_connections_others_use_up_loses_no_registration() {
    on_own_server(|load, database, service| {
        let elsewhere = database.url().replace(database.name(), "postgres");
        let cut = format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
            database.name()
        );
        let mut others = Vec::new();
        let take_all = |others: &mut Vec<_>| {
            others.extend(iter::from_fn(|| PgConnection::establish(&elsewhere).ok()));
        };
        take_all(&mut others);
        // While it is suspended, the service is not faster than the others.
        service.signal(Signal::SIGSTOP);
        others[0].batch_execute(&cut).unwrap();
        take_all(&mut others);
        service.signal(Signal::SIGCONT);
        load.wait_for_refusals();
        drop(others);
        load.assert_recovery();
    });
}
