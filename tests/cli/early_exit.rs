//! The exit status is right even if the pool is still connecting.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;

use nix::sys::signal::Signal;
use sihha_tests::TestDatabase;

use crate::process::Sihha;

/// Returns a TCP address of the database. libpq loads TLS and Kerberos libraries only for TCP.
fn tcp_url(database: &TestDatabase) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, socket) = url_through(&listener, database);
    thread::spawn(move || listener.incoming().flatten().for_each(|client| forward(client, &socket)));
    url
}

/// Returns the URL of a database at the address of `listener`, and the socket to which the test
/// must [`forward`] its connections.
pub(crate) fn url_through(listener: &TcpListener, database: &TestDatabase) -> (String, String) {
    let url = database.url();
    let (_, rest) = url.split_once('@').unwrap();
    let (folder, rest) = rest.split_once(':').unwrap();
    let (_, name) = rest.split_once('/').unwrap();
    let socket = format!("{}/.s.PGSQL.5432", folder.replace("%2F", "/"));
    let (address, name) = (listener.local_addr().unwrap(), name.split('?').next().unwrap());
    (format!("postgres://sihha@{address}/{name}"), socket)
}

pub(crate) fn forward(client: TcpStream, socket: &str) {
    let Ok(server) = UnixStream::connect(socket) else { return };
    let (mut from_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (mut to_client, mut to_server) = (client, server);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

#[test]
fn a_failed_start_always_exits_with_1() {
    let database = TestDatabase::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let sihha = Sihha::on(&database)
        .with("DATABASE_URL", tcp_url(&database))
        .with("SIHHA_LISTEN", taken.local_addr().unwrap().to_string())
        .with("SIHHA_POOL_SIZE", "16");
    for _ in 0..30 {
        assert!(sihha.run(["serve"]).refusal().contains("--listen"));
    }
}

#[test]
fn a_signal_immediately_after_the_start_always_exits_with_0() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("DATABASE_URL", tcp_url(&database)).with("SIHHA_POOL_SIZE", "16");
    for _ in 0..20 {
        sihha.serve().stop(Signal::SIGTERM).succeeded();
    }
}
