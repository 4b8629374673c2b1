//! Stops a server without failing a request.

use std::num::NonZeroU32;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use actix_server::ServerHandle;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::SockRef;

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
    pub(crate) registry: Arc<Registry>,
    pub(crate) server: ServerHandle,
    /// The same socket as the server's.
    pub(crate) listener: OwnedFd,
    /// The file of a Unix socket.
    pub(crate) socket_file: Option<PathBuf>,
}

impl Stopper {
    /// Makes `/health/ready` report that the server stops, and each response close its connection.
    /// Requests are still served.
    pub fn drain(&self) {
        self.registry.advance(Stage::Draining);
    }

    /// Closes the listener and idle connections. The server ends when the remaining requests are
    /// done.
    pub async fn close(self) {
        let Self { registry, server, listener, socket_file } = self;
        registry.advance(Stage::Draining);
        // Closing the listener resets connections that the system has accepted and the server has
        // not, perhaps after the client sent a request. So new connections are refused first.
        let refused = match socket_file {
            Some(file) => fs::remove_file(file),
            None => refuse_new_connections(&listener),
        };
        match refused {
            Ok(()) => settle(&listener).await,
            Err(error) => tracing::warn!(%error, "closing the listener with waiting connections"),
        }
        drop(listener);
        // Not awaited: `Server::run` returns when the server has stopped.
        drop(server.stop(true));
    }
}

/// Makes the system refuse new connections, and keep those that it has accepted. Binds the listener to a
/// network interface that does not exist, so that no packet reaches it (`SO_BINDTOIFINDEX`). A packet filter
/// would need `CAP_NET_ADMIN` on some kernels (seen on Linux 6.18).
fn refuse_new_connections(listener: &impl AsFd) -> io::Result<()> {
    const NO_INTERFACE: NonZeroU32 = NonZeroU32::new(i32::MAX.unsigned_abs()).unwrap();
    // Linux has one option for IPv4 and IPv6.
    SockRef::from(listener).bind_device_by_index_v4(Some(NO_INTERFACE))
}

/// Waits until the server has taken over all accepted connections.
async fn settle(listener: &OwnedFd) {
    let accepted = async {
        while has_queue(listener) {
            tokio::time::sleep(STEP).await;
        }
    };
    // A server at its limit takes over none.
    let _ = tokio::time::timeout(QUEUE_TIMEOUT, accepted).await;
    tokio::time::sleep(HAND_OVER).await;
}

fn has_queue(listener: &impl AsFd) -> bool {
    let mut readable = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut readable, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_listener_that_is_about_to_close_keeps_its_queue_and_takes_no_more() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // IPv6 may be off.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let address = listener.local_addr().unwrap();
            assert!(!has_queue(&listener));
            let early = TcpStream::connect(address).unwrap();
            refuse_new_connections(&listener).unwrap();
            assert!(has_queue(&listener));
            assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);

            let (accepted, _) = listener.accept().unwrap();
            assert_eq!(accepted.peer_addr().unwrap(), early.local_addr().unwrap());
            assert!(!has_queue(&listener));
        }
    }
}
