//! Stops a server without failing a request.

use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{SockFilter, SockRef};

use crate::connection::{Registry, Stage};

/// Maximum wait for connections that the system has already accepted.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(1);
/// Interval between checks for them.
const STEP: Duration = Duration::from_millis(1);
/// Time for the workers to take over accepted connections. Longer than a pause of the workers
/// (`connection/throttle.rs`).
const HAND_OVER: Duration = Duration::from_millis(50);

/// A handle with which another task stops the server.
pub struct Stopper {
    registry: Arc<Registry>,
    server: ServerHandle,
    /// The same socket as the server's.
    listener: TcpListener,
}

impl Stopper {
    pub(crate) const fn new(registry: Arc<Registry>, server: ServerHandle, listener: TcpListener) -> Self {
        Self { registry, server, listener }
    }

    /// Makes `/health/ready` report that the server stops, and each response close its connection.
    /// Requests are still served.
    pub fn drain(&self) {
        self.registry.advance(Stage::Draining);
    }

    /// Closes the listener and idle connections. The server ends when the remaining requests are
    /// done.
    pub async fn close(self) {
        let Self { registry, server, listener } = self;
        registry.advance(Stage::Draining);
        // Closing the listener resets connections that the system has accepted and the server has
        // not, perhaps after the client sent a request. So new connections are ignored first. Their
        // clients retry after a second, and are refused then.
        match ignore_new_connections(&listener) {
            Ok(()) => settle(&listener).await,
            Err(error) => tracing::debug!(%error, "closing the listener with waiting connections"),
        }
        drop(listener);
        // Not awaited: `Server::run` returns when the server has stopped.
        drop(server.stop(true));
    }
}

/// Makes the system drop packets that open a connection (SYN), by a filter on the TCP header
/// (`bpf(2)`, RFC 9293 §3.1).
fn ignore_new_connections(listener: &TcpListener) -> io::Result<()> {
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

/// Waits until the server has taken over all accepted connections.
async fn settle(listener: &TcpListener) {
    let accepted = async {
        while has_queue(listener) {
            tokio::time::sleep(STEP).await;
        }
    };
    // A server at its limit takes over none.
    let _ = tokio::time::timeout(QUEUE_TIMEOUT, accepted).await;
    tokio::time::sleep(HAND_OVER).await;
}

fn has_queue(listener: &TcpListener) -> bool {
    let mut readable = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut readable, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_listener_that_is_about_to_close_keeps_its_queue_and_takes_no_more() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // IPv6 may be off.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let address = listener.local_addr().unwrap();
            assert!(!has_queue(&listener));
            let early = TcpStream::connect(address).unwrap();
            ignore_new_connections(&listener).unwrap();
            assert!(has_queue(&listener));
            let late = TcpStream::connect_timeout(&address, Duration::from_millis(50)).unwrap_err();
            assert_eq!(late.kind(), ErrorKind::TimedOut);

            let (accepted, _) = listener.accept().unwrap();
            assert_eq!(accepted.peer_addr().unwrap(), early.local_addr().unwrap());
            assert!(!has_queue(&listener));
        }
    }
}
