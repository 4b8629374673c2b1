//! Many clients and their connections.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Process, Service, Sihha, eventually};

/// Maximum memory of the service on two cores in KiB, and per open connection, as in
/// `docs/operations.md`.
const MAX_MEMORY: u64 = 160 * 1024;
const MAX_MEMORY_PER_CONNECTION: u64 = 20;
/// Memory in KiB that a build without optimization takes more: measured 13 to 16 MiB.
const UNOPTIMIZED: u64 = if cfg!(debug_assertions) { 16 * 1024 } else { 0 };

/// Starts a service with the default cost of hashes.
fn serve() -> (Sihha, Service) {
    let sihha = Sihha::made().without("SIHHA_ARGON2_MEMORY_KIB").without("SIHHA_ARGON2_PASSES");
    // All clients of the tests have one address.
    let sihha = sihha.with("SIHHA_MAX_CONNECTIONS_PER_ADDRESS", "20000").with("SIHHA_LOG", "info");
    let service = sihha.serve();
    (sihha, service)
}

/// Returns the peak resident memory of the service in KiB.
fn peak_memory(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn assert_memory(service: &Service, connections: usize) {
    let max = MAX_MEMORY + UNOPTIMIZED + MAX_MEMORY_PER_CONNECTION * connections as u64;
    let peak = peak_memory(service);
    assert!(peak <= max, "{peak} KiB of {max} KiB, with {connections} connections");
}

fn connect(service: &Service, connections: usize) -> Vec<TcpStream> {
    (0..connections).map(|_| TcpStream::connect(service.address()).unwrap()).collect()
}

/// Sends `bytes` repeatedly on each connection and reads nothing, until the service accepts no
/// more.
fn flood(clients: &[TcpStream], bytes: &[u8]) {
    for client in clients {
        client.set_nonblocking(true).unwrap();
    }
    let mut idle_rounds = 0;
    eventually("full buffers", || {
        let taken = clients.iter().filter(|client| (&mut &**client).write(bytes).is_ok()).count();
        idle_rounds = if taken == 0 { idle_rounds + 1 } else { 0 };
        (idle_rounds == 3).then_some(())
    });
}

/// Returns whether the service has closed a connection without an open request.
fn is_closed(mut client: &TcpStream) -> bool {
    client.set_nonblocking(true).unwrap();
    !matches!(client.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn assert_alive(service: &Service) {
    assert_eq!(service.get("/health/live").status, 200);
    assert_eq!(service.get("/health/ready").status, 200);
}

#[test]
fn memory_stays_below_its_limit_when_clients_do_not_read() {
    let (_sihha, service) = serve();
    for path in ["/api/specialites", "/openapi.json", "/docs/swagger-ui-bundle.js", "/health/live"] {
        for method in ["GET", "HEAD"] {
            let clients = connect(&service, 90);
            flood(&clients, format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n").repeat(500).as_bytes());
            assert_alive(&service);
            assert_memory(&service, clients.len());
        }
    }
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn memory_stays_below_its_limit_while_heads_and_bodies_arrive() {
    let (_sihha, service) = serve();
    let head = format!("GET /api/me HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(15_000));
    let body = format!(
        "POST /api/user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n{}",
        "x".repeat(65_000)
    );
    for bytes in [head, body] {
        let mut clients = connect(&service, 2000);
        for client in &mut clients {
            client.write_all(bytes.as_bytes()).unwrap();
        }
        assert_alive(&service);
        assert_memory(&service, clients.len());
    }
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn memory_stays_below_its_limit_in_a_login_storm() {
    let (_sihha, service) = serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("a@example.com")).status, 201);
    let body = samples::login("a@example.com").to_string();
    let request = format!(
        "POST /api/user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut clients = connect(&service, 256);
    for client in &mut clients {
        client.write_all(request.as_bytes()).unwrap();
    }
    for client in &mut clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    assert_memory(&service, clients.len());
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn ten_thousand_idle_connections_do_not_disturb_others() {
    let (_sihha, service) = serve();
    // This process has the clients' ends; the service has its own limit.
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    let clients = connect(&service, 10_000);
    assert_alive(&service);
    assert_eq!(service.post("/api/user/register", &samples::patient("a@example.com")).status, 201);
    assert_memory(&service, clients.len());
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn the_longest_idle_connection_is_closed_for_another() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_MAX_CONNECTIONS", "10");
    let service = sihha.serve();
    let clients = connect(&service, 11);
    eventually("the close of one connection", || clients.iter().any(is_closed).then_some(()));
    let mut answered = 0;
    for mut client in clients.iter().filter(|client| !is_closed(client)) {
        client.set_nonblocking(false).unwrap();
        client.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        answered += 1;
    }
    assert_eq!(answered, 10);
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_client_has_its_share_of_the_connections_unless_it_is_a_proxy() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_MAX_CONNECTIONS_PER_ADDRESS", "5");
    let service = sihha.serve();
    let clients = connect(&service, 8);
    let closed = || clients.iter().filter(|client| is_closed(client)).count();
    eventually("the close of three connections", || (closed() == 3).then_some(()));
    service.stop(Signal::SIGTERM).succeeded();

    let sihha = sihha.with("SIHHA_TRUSTED_PROXIES", "127.0.0.1");
    let service = sihha.serve();
    let clients = connect(&service, 8);
    assert_alive(&service);
    assert!(!clients.iter().any(is_closed));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn the_limit_of_open_files_is_raised_and_respected() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let with_limits = |limits: &str, options: &str| {
        let script = format!("ulimit {limits} && exec \"$0\" serve {options}");
        let mut command = sihha.command_of("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_sihha")]);
        command
    };
    let finished = Process::start(&mut with_limits("-n 600", "--max-connections 5000")).finish();
    let refusal = finished.refusal();
    assert!(refusal.contains("--max-connections") && refusal.contains("600"), "{refusal}");
    let finished = Process::start(&mut with_limits("-n 100", "")).finish();
    assert!(finished.refusal().contains("ulimit -n"), "{}", finished.refusal());

    let service = Service::of(Process::start(&mut with_limits("-Sn 200 && ulimit -Hn 600", "")));
    let clients = connect(&service, 1000);
    assert_alive(&service);
    eventually("the close of connections beyond the limit", || {
        (clients.iter().filter(|client| is_closed(client)).count() >= 500).then_some(())
    });
    service.stop(Signal::SIGTERM).succeeded();
}
