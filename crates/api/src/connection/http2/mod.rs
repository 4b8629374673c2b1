//! Serves HTTP/2 within the limits of connections (docs/adr/0046).
//!
//! actix-http's own dispatcher offers no limits of streams, heads and resets, and does not end a
//! connection when the server stops. This one drives `h2` itself.

mod exchange;
mod frames;
mod stream;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use actix_http::Request;
use actix_http::Response;
use actix_http::body::BoxBody;
use actix_service::Service;
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use tokio::time::Instant;

use self::exchange::{Outcome, exchange};
use self::stream::FrameStream;
use super::flow::FIRST_REQUEST;
use super::registry::{OpenSlot, Stage};
use super::response::PIECE;
use super::stream::LINGER;
use super::timer::Timer;
use super::transport::Transport;
use super::{SMALL_HEAD, Shared, setup};

/// Maximum number of simultaneous requests of a connection: the least that RFC 9113 §6.5.2
/// recommends.
const MAX_STREAMS: u32 = 100;

/// Maximum number of requests that a client takes back, minus those that it lets complete. More is an
/// attack (CVE-2023-44487): each costs the server more than the client.
const MAX_RESETS: usize = 100;

/// Maximum number of errors for which the server itself resets a stream (CVE-2025-8671).
const MAX_STREAM_ERRORS: usize = 100;

/// Serves `app` on a connection whose client has chosen HTTP/2.
pub(super) async fn serve<A>(
    transport: Transport,
    slot: OpenSlot,
    peer: Option<SocketAddr>,
    app: &A,
    shared: &Shared,
) where
    A: Service<Request>,
    A::Response: Into<Response<BoxBody>>,
    A::Error: Into<Response<BoxBody>>,
    A::Future: 'static,
{
    let handshake = Builder::new()
        .max_concurrent_streams(MAX_STREAMS)
        // All heads of a connection could be large, so none may.
        .max_header_list_size(u32::try_from(SMALL_HEAD).unwrap_or(u32::MAX))
        .max_send_buffer_size(PIECE)
        .max_local_error_reset_streams(Some(MAX_STREAM_ERRORS))
        .handshake(FrameStream::new(transport, shared));
    let connection = match setup::in_time(handshake, &slot, shared).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%error, "HTTP/2 connection not opened"),
        Err(error) => return tracing::debug!(%error, "HTTP/2 connection not opened"),
    };
    let now = Instant::now();
    let mut session = Session {
        connection,
        requests: FuturesUnordered::new(),
        app,
        shared,
        slot,
        peer,
        timer: Timer::new(now + shared.limits.keep_alive_timeout),
        idle_since: now,
        is_used: false,
        resets: 0,
        left_at: None,
    };
    poll_fn(|context| session.poll(context)).await;
}

/// An open connection of HTTP/2.
struct Session<'a, A> {
    connection: Connection<FrameStream, Bytes>,
    requests: FuturesUnordered<LocalBoxFuture<'static, Outcome>>,
    app: &'a A,
    shared: &'a Shared,
    slot: OpenSlot,
    peer: Option<SocketAddr>,
    timer: Timer,
    /// When the last request ended.
    idle_since: Instant,
    /// Whether a request has arrived so far.
    is_used: bool,
    /// Requests that the client has taken back, minus those that it let complete.
    resets: usize,
    /// When the server announced that it takes no further requests (GOAWAY).
    left_at: Option<Instant>,
}

impl<A> Session<'_, A>
where
    A: Service<Request>,
    A::Response: Into<Response<BoxBody>>,
    A::Error: Into<Response<BoxBody>>,
    A::Future: 'static,
{
    /// Completes when the connection is to be closed.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.slot.wake_when_closing(context.waker());
        loop {
            while let Poll::Ready(Some(outcome)) = self.requests.poll_next_unpin(context) {
                self.end(outcome);
            }
            match self.connection.poll_accept(context) {
                Poll::Ready(Some(Ok((request, respond)))) => self.begin(request, respond),
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "HTTP/2 connection failed");
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                // The announcement is yet to be sent.
                Poll::Pending if self.must_leave() => self.leave(),
                Poll::Pending => {
                    ready!(self.poll_deadline(context));
                    if self.left_at.is_some() {
                        return Poll::Ready(());
                    }
                    self.leave();
                }
            }
        }
    }

    /// Waits until the connection has been idle for too long, or has left.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.requests.is_empty() {
            return Poll::Pending;
        }
        let deadline = match self.left_at {
            Some(left_at) => left_at.max(self.idle_since) + LINGER,
            // A client that has just connected is about to send a request.
            None if self.slot.stage() == Stage::Closing => self.idle_since + FIRST_REQUEST,
            None => self.idle_since + self.shared.limits.keep_alive_timeout,
        };
        self.timer.poll_until(context, deadline)
    }

    fn must_leave(&self) -> bool {
        let is_idle = self.requests.is_empty();
        self.left_at.is_none()
            && match self.slot.stage() {
                _ if self.slot.is_evicted() && is_idle => true,
                Stage::Serving => false,
                Stage::Draining => !is_idle,
                Stage::Closing => self.is_used,
            }
    }

    /// Announces that the client must send further requests elsewhere. Those on their way are answered.
    fn leave(&mut self) {
        self.left_at = Some(Instant::now());
        self.connection.graceful_shutdown();
    }

    fn begin(&mut self, request: http::Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        // By then the client has seen the announcement, and ignores it.
        let is_late = self.left_at.is_some_and(|left_at| left_at.elapsed() > LINGER);
        // A connection may always have one request.
        let permit = if self.requests.is_empty() { None } else { self.slot.extra_stream() };
        if is_late || (permit.is_none() && !self.requests.is_empty()) {
            // The client may send it again (RFC 9113 §8.7).
            return respond.send_reset(Reason::REFUSED_STREAM);
        }
        self.slot.is_busy();
        self.is_used = true;
        let (request, is_head) = exchange::request(request, self.peer);
        let answer = self.app.call(request);
        let is_tls = self.shared.tls.is_some();
        let timeout = self.shared.limits.response_timeout;
        self.requests.push(Box::pin(async move {
            let _permit = permit;
            exchange(answer, respond, is_head, is_tls, timeout).await
        }));
        if self.must_leave() {
            self.leave();
        }
    }

    fn end(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Sent => self.resets = self.resets.saturating_sub(1),
            Outcome::Reset => self.resets += 1,
        }
        if self.resets > MAX_RESETS {
            self.left_at.get_or_insert_with(Instant::now);
            self.connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
        }
        if self.requests.is_empty() {
            self.idle_since = Instant::now();
            self.slot.is_waiting(self.idle_since);
        }
    }
}
