//! A relay between a server and a program that records nothing itself, such as a browser.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use crate::recorder::{Exchange, test};

/// Starts a relay to the server at `address`, which records what passes, and returns its address.
///
/// # Panics
///
/// If it cannot listen.
#[must_use]
pub fn recorded(address: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let relay = listener.local_addr().expect("an address");
    spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(address) else { continue };
            let [to_client, to_server] = [&client, &server].map(|end| end.try_clone().expect("a stream"));
            // Both directions are recorded when both have ended, in order.
            let exchange = Arc::new(Mutex::new(Exchange::default()));
            let other = Arc::clone(&exchange);
            spawn(move || copy(client, to_server, |bytes| lock(&exchange).sent.extend_from_slice(bytes)));
            spawn(move || copy(server, to_client, |bytes| lock(&other).received.extend_from_slice(bytes)));
        }
    });
    relay
}

/// Starts a thread with the name of the running test.
fn spawn(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(test()).spawn(work).expect("a thread");
}

fn lock(exchange: &Mutex<Exchange>) -> MutexGuard<'_, Exchange> {
    exchange.lock().expect("no thread panics")
}

fn copy(mut from: TcpStream, mut to: TcpStream, note: impl Fn(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    // A failure ends the connection, as it would without the relay.
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
