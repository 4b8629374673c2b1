//! What comes before the first request of a connection.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::flow::FIRST_REQUEST;
use super::registry::{Slot, Stage};
use super::timer::Timer;
use super::transport::Transport;

/// Maximum number of encrypted bytes of a connection that wait to be sent. One record of TLS has at
/// most as many.
const MAX_ENCRYPTED: usize = 16 * 1024;

/// Performs the TLS handshake, in the time of a head.
pub(super) async fn handshake(
    tls: &TlsAcceptor,
    tcp: TcpStream,
    slot: &Slot,
    shared: &Shared,
) -> io::Result<Transport> {
    let accept = tls.accept_with(tcp, |session| session.set_buffer_limit(Some(MAX_ENCRYPTED)));
    let stream = in_time(accept, slot, shared).await??;
    Ok(Transport::Tls(Box::new(stream)))
}

/// Runs `step` in the time of a head. Gives up when the connection must close: until then, a client
/// that sends nothing would have a slot.
pub(super) async fn in_time<T>(step: impl Future<Output = T>, slot: &Slot, shared: &Shared) -> io::Result<T> {
    let started = Instant::now();
    let mut timer = Timer::new(started + shared.limits.head_timeout);
    let mut step = pin!(step);
    poll_fn(|context| {
        shared.throttle.wait();
        slot.wake_when_closing(context.waker());
        if let Poll::Ready(outcome) = step.as_mut().poll(context) {
            return Poll::Ready(Ok(outcome));
        }
        let limit = match slot.stage() {
            _ if slot.is_evicted() => Duration::ZERO,
            Stage::Closing => FIRST_REQUEST,
            Stage::Serving | Stage::Draining => shared.limits.head_timeout,
        };
        ready!(timer.poll_until(context, started + limit));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    })
    .await
}
