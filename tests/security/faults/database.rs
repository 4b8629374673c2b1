//! Postgres is stopped, killed, suspended, or accepts no more connections.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_tests::{TestDatabase, TestPostgres};

use super::load::{Load, compare, under_load, unlimited};
use crate::process::{Sihha, eventually};

/// Runs `fault` on a server of its own, whose commits are durable, and compares the ledger.
fn on_own_server(fault: impl FnOnce(&Load, &TestDatabase)) {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    database.alter("SET synchronous_commit = on");
    let sihha = unlimited(Sihha::on(&database));
    let service = sihha.serve();
    let ledger = under_load(&service, |load| fault(load, &database));
    compare(ledger, &service, |sql| database.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_server_that_was_stopped_loses_no_registration() {
    on_own_server(|load, database| {
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
        kill(sihha.postmaster().expect("a private Postgres"));
        load.wait_for_refusals();
        load.assert_recovery();
    });
    compare(ledger, &service, |sql| sihha.number(sql));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_server_that_was_suspended_loses_no_registration() {
    on_own_server(|load, database| {
        let frozen = database.postgres().freeze();
        load.wait_for_refusals();
        drop(frozen);
        load.assert_recovery();
    });
}

#[test]
fn a_server_whose_connections_others_use_up_loses_no_registration() {
    on_own_server(|load, database| {
        let elsewhere = database.url().replace(database.name(), "postgres");
        let cut = format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'",
            database.name()
        );
        let all = database.number("SELECT current_setting('max_connections')::bigint AS n");
        let mut others = vec![PgConnection::establish(&elsewhere).unwrap()];
        eventually("others with all connections", || {
            // The service connects again, if others are not faster.
            others[0].batch_execute(&cut).unwrap();
            while let Ok(connection) = PgConnection::establish(&elsewhere) {
                others.push(connection);
            }
            (i64::try_from(others.len()) == Ok(all)).then_some(())
        });
        load.wait_for_refusals();
        drop(others);
        load.assert_recovery();
    });
}
