//! Signals while `sihha serve` starts.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use sihha_tests::TestDatabase;

use crate::early_exit::{forward, url_through};
use crate::process::{JWT_SECRET, Process, Service, Sihha, eventually};

/// Sends a signal, and asserts that the service stops with status 0 and leaves nothing.
fn assert_stops_cleanly(sihha: &Sihha, starting: Process, signal: Signal) {
    starting.signal(signal);
    let finished = starting.finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.is_empty(), "{finished:?}");
    sihha.wait_for_no_process();
    for folder in ["postgres", "postgres/run", "postgres/cluster"] {
        let entries = fs::read_dir(sihha.data_dir().join(folder)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let left: Vec<_> = names
            .filter(|name| {
                ["unfinished-", "postmaster.pid", ".s."].iter().any(|start| name.starts_with(start))
            })
            .collect();
        assert!(left.is_empty(), "{folder}: {left:?}");
    }
}

/// Returns whether `program` runs in the folder of `sihha`.
fn runs(sihha: &Sihha, program: &str) -> Option<()> {
    let exe = |pid| fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    sihha.processes().into_iter().any(|pid| exe(pid).ends_with(program)).then_some(())
}

#[test]
fn a_signal_during_the_creation_of_the_database_stops_the_service() {
    for (program, signal) in [("initdb", Signal::SIGTERM), ("postgres", Signal::SIGINT)] {
        let sihha = Sihha::fresh();
        let starting = sihha.start(["serve"]);
        eventually(program, || runs(&sihha, program));
        assert_stops_cleanly(&sihha, starting, signal);
        sihha.serve();
    }
}

#[test]
fn a_signal_while_another_process_uses_the_data_stops_the_service() {
    let sihha = Sihha::made();
    let lock = File::options().write(true).open(sihha.data_dir().join("postgres/owner.lock")).unwrap();
    lock.lock().unwrap();
    let starting = sihha.start(["serve"]);
    let serve_lock = sihha.data_dir().join("postgres/serve.lock");
    eventually("the lock of serve", || is_locked(&serve_lock));
    assert_stops_cleanly(&sihha, starting, Signal::SIGTERM);
}

fn is_locked(path: &Path) -> Option<()> {
    File::open(path).ok()?.try_lock().is_err().then_some(())
}

#[test]
fn a_signal_after_the_start_of_the_private_postgres_stops_both() {
    let sihha = Sihha::made();
    let secret = sihha.path().join("secret");
    mkfifo(&secret, Mode::from_bits_truncate(0o600)).unwrap();
    let sihha = sihha.with("SIHHA_JWT_SECRET_FILE", &secret);
    let starting = sihha.start(["serve"]);
    starting.wait_for_log("Postgres is ready");
    assert_stops_cleanly(&sihha, starting, Signal::SIGTERM);
}

#[test]
fn a_signal_while_a_database_does_not_respond_stops_the_service() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://sihha@{}/sihha?connect_timeout=3600", silent.local_addr().unwrap());
    let sihha = Sihha::bare().with("DATABASE_URL", url).with("SIHHA_JWT_SECRET", JWT_SECRET);
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let starting = sihha.start(["serve"]);
        let connection = silent.accept().unwrap();
        assert_stops_cleanly(&sihha, starting, signal);
        drop(connection);
    }
}

#[test]
fn sighup_stops_neither_a_start_nor_a_service_without_keys() {
    let database = TestDatabase::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, socket) = url_through(&silent, &database);
    let sihha = Sihha::on(&database).with("DATABASE_URL", url);
    let starting = sihha.start(["serve"]);
    let (connection, _) = silent.accept().unwrap();
    starting.signal(Signal::SIGHUP);
    thread::spawn(move || {
        forward(connection, &socket);
        silent.incoming().flatten().for_each(|client| forward(client, &socket));
    });

    let service = Service::of(starting);
    service.wait_for_log("SIGHUP has no effect");
    service.signal(Signal::SIGHUP);
    assert_eq!(service.get("/health/ready").status, 200);
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn sighup_ends_other_commands() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://sihha@{}/sihha?connect_timeout=3600", silent.local_addr().unwrap());
    let sihha = Sihha::bare().with("DATABASE_URL", url);
    let command = sihha.start(["approvals", "list"]);
    let connection = silent.accept().unwrap();
    command.signal(Signal::SIGHUP);
    assert_eq!(command.finish().code, None);
    drop(connection);
}
