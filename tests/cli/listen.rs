//! `--listen`: TCP addresses in all spellings, and Unix sockets.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::signal::Signal;
use sihha_tests::{Client, TestDatabase, samples};

use crate::process::{Process, Sihha};

/// Sends a request over a Unix socket. Returns the response.
fn send(socket: &Path, head: &str, body: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("the service listens");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: sihha\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         X-Request-Id: from-nginx\r\nX-Forwarded-For: 6.6.6.6, 41.100.1.2\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// Starts a service on a Unix socket, and waits until it is ready.
fn serve_on(sihha: &Sihha, socket: &Path) -> Process {
    let service = sihha.start(["serve", "--listen", &format!("unix:{}", socket.display())]);
    let line = service.ready_line();
    assert!(line.contains(socket.to_str().unwrap()), "{line}");
    service
}

#[test]
fn a_host_name_and_all_interfaces_can_be_named() {
    let database = TestDatabase::new();
    for listen in ["localhost:0", ":0", "[::]:0"] {
        let sihha = Sihha::on(&database).with("SIHHA_LISTEN", listen);
        let service = sihha.serve();
        let client = Client::new(([127, 0, 0, 1], service.address().port()).into());
        assert_eq!(client.get("/health/ready").status, 200, "{listen}");
        service.stop(Signal::SIGTERM).succeeded();
    }
}

#[test]
fn a_unix_socket_serves_requests_and_its_headers_name_the_client() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let socket = sihha.path().join("sihha.sock");
    let service = serve_on(&sihha, &socket);
    let registered =
        send(&socket, "POST /api/user/register", &samples::patient("amina@example.com").to_string());
    assert!(registered.starts_with("HTTP/1.1 201 "), "{registered}");
    assert!(registered.contains("x-request-id: from-nginx"), "{registered}");
    let known = "SELECT count(*) AS n FROM sessions WHERE address = '41.100.1.2'";
    assert_eq!(database.number(known), 1);

    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
    assert!(!socket.exists(), "the socket is removed");
}

#[test]
fn a_socket_of_a_dead_process_is_replaced_and_one_in_use_is_refused() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let socket = sihha.path().join("sihha.sock");
    let killed = serve_on(&sihha, &socket);
    let listen = format!("--listen=unix:{}", socket.display());
    let second = sihha.run(["serve", &listen]);
    assert!(second.refusal().contains("in use"), "{second:?}");
    assert!(send(&socket, "GET /health/live", "").contains(" 200 OK"));

    killed.signal(Signal::SIGKILL);
    killed.finish();
    assert!(socket.exists());
    let service = serve_on(&sihha, &socket);
    assert!(send(&socket, "GET /health/live", "").contains(" 200 OK"));
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();

    fs::write(&socket, "a file").unwrap();
    let refused = sihha.run(["serve", &listen]);
    assert!(refused.refusal().contains("not a socket"), "{refused:?}");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "a file");
}
