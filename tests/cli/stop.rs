//! How `sihha serve` stops while load balancers send requests.

use std::net::{SocketAddr, TcpStream};

use nix::sys::signal::Signal;
use sihha_tests::{RawConnection, TestDatabase, samples};

use crate::process::{Service, Sihha, eventually};

/// Starts a service and its drain, which takes so long that a test that waited for its end would
/// time out.
fn draining(database: &TestDatabase) -> (Sihha, Service) {
    let sihha = Sihha::on(database).with("SIHHA_DRAIN", "1h");
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    service.signal(Signal::SIGTERM);
    service.wait_for_log("stopping");
    (sihha, service)
}

/// Opens a connection that has been used and waits for its next request.
fn used_connection(address: SocketAddr) -> RawConnection {
    let mut connection = RawConnection::open(address);
    assert!(ask(&mut connection).starts_with("HTTP/1.1 200 OK\r\n"));
    connection
}

/// Sends a request whose response has no body, and returns the response.
fn ask(connection: &mut RawConnection) -> String {
    connection.send("HEAD /health/live HTTP/1.1\r\nHost: sihha\r\n\r\n");
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text += &connection.receive(1);
    }
    text
}

fn is_closed(address: SocketAddr) -> Option<()> {
    TcpStream::connect(address).is_err().then_some(())
}

#[test]
fn during_the_drain_only_readiness_fails() {
    let database = TestDatabase::new();
    let (_sihha, service) = draining(&database);
    for path in ["/health/ready", "/health/ready/"] {
        let ready = service.get(path);
        assert_eq!((ready.status, ready.code()), (503, "stopping"), "{}", ready.text);
        assert_eq!(ready.header("Content-Type"), "application/problem+json");
        assert!(!ready.header("Retry-After").is_empty());
        assert_eq!(ready.json["request_id"], ready.header("X-Request-Id"));
    }
    for path in ["/health/live", "/api/specialites", "/openapi.json", "/docs/"] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.header("Connection")), (200, "close"), "{path}");
    }
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!((registered.status, registered.header("Connection")), (201, "close"));
    let me = service.get_as(registered.text_at("access"), "/api/me");
    assert_eq!((me.status, me.header("Connection"), me.header("Keep-Alive")), (200, "close", ""));
    assert_eq!(service.get("/nowhere").status, 404);
}

#[test]
fn a_second_signal_ends_the_drain() {
    let database = TestDatabase::new();
    for second in [Signal::SIGTERM, Signal::SIGINT] {
        let (_sihha, service) = draining(&database);
        service.stop(second).succeeded();
    }
}

#[test]
fn sigint_skips_the_drain() {
    let database = TestDatabase::new();
    Sihha::on(&database).with("SIHHA_DRAIN", "1h").serve().stop(Signal::SIGINT).succeeded();
}

#[test]
fn the_drain_defaults_to_5_seconds_with_a_given_database_and_to_none_otherwise() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).without("SIHHA_DRAIN");
    let service = sihha.serve();
    service.signal(Signal::SIGTERM);
    service.wait_for_log(r#""drain":"5s""#);
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();

    let stopped = Sihha::made().without("SIHHA_DRAIN").serve().stop(Signal::SIGTERM);
    assert!(stopped.stderr.contains(r#""drain":"0s""#), "{}", stopped.stderr);
    stopped.succeeded();
}

#[test]
fn after_the_drain_the_listener_closes_and_requests_in_flight_finish() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_DRAIN", "100ms").with("SIHHA_SHUTDOWN_TIMEOUT", "1h");
    let service = sihha.serve();
    let address = service.address();
    let body = samples::patient("amina@example.com").to_string();
    let mut registration = RawConnection::open(address);
    registration.send(format!(
        "POST /api/user/register HTTP/1.1\r\nHost: sihha\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    ));
    assert_eq!(registration.receive(25), "HTTP/1.1 100 Continue\r\n\r\n");

    service.signal(Signal::SIGTERM);
    eventually("the close of the listener", || is_closed(address));
    registration.send(&body);
    let answer = registration.rest();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    service.finish().succeeded();
}

#[test]
fn an_idle_connection_is_served_during_the_drain_and_closed_after_it() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_DRAIN", "500ms").with("SIHHA_SHUTDOWN_TIMEOUT", "1h");
    let service = sihha.serve();
    let address = service.address();
    let (mut active, idle) = (used_connection(address), used_connection(address));
    service.signal(Signal::SIGTERM);
    service.wait_for_log("stopping");
    let answer = ask(&mut active);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert_eq!(active.rest(), "");
    assert!(is_closed(address).is_none(), "the response did not close the listener");

    assert_eq!(idle.rest(), "");
    service.finish().succeeded();
}
