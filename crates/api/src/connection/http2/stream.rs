use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::frames::FrameScanner;
use crate::connection::throttle::Throttle;
use crate::connection::timer::Timer;
use crate::connection::transport::Transport;
use crate::connection::{ConnectionLimits, Shared};

/// The bytes of a connection of HTTP/2. Fails when the client neither completes a frame nor receives
/// what was sent.
pub(super) struct FrameStream {
    transport: Transport,
    throttle: Arc<Throttle>,
    limits: ConnectionLimits,
    frames: FrameScanner,
    /// When the rest of a frame was first waited for.
    unfinished_since: Option<Instant>,
    /// When the client's system first accepted no bytes, unless all were sent since.
    blocked_since: Option<Instant>,
    timer: Timer,
}

impl FrameStream {
    pub(super) fn new(transport: Transport, shared: &Shared) -> Self {
        Self {
            transport,
            throttle: Arc::clone(&shared.throttle),
            limits: shared.limits,
            frames: FrameScanner::new(),
            unfinished_since: None,
            blocked_since: None,
            timer: Timer::new(Instant::now() + shared.limits.keep_alive_timeout),
        }
    }

    fn wait_to_send(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        let deadline = since + self.limits.response_timeout;
        self.timer.poll_until(context, deadline).map(|()| io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for FrameStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.throttle.wait();
        let before = buffer.filled().len();
        let Poll::Ready(outcome) = Pin::new(&mut this.transport).poll_read(context, buffer) else {
            if this.frames.is_between_frames() {
                return Poll::Pending;
            }
            let since = *this.unfinished_since.get_or_insert_with(Instant::now);
            ready!(this.timer.poll_until(context, since + this.limits.head_timeout));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        outcome?;
        match this.frames.scan(&buffer.filled()[before..]) {
            Ok(true) => this.unfinished_since = None,
            Ok(false) => {}
            Err(flood) => return Poll::Ready(Err(io::Error::other(format!("{flood:?}")))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FrameStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.transport).poll_write(context, bytes);
        match outcome {
            Poll::Pending => return this.wait_to_send(context).map(Err),
            Poll::Ready(Ok(sent)) => this.frames.sent(sent),
            Poll::Ready(Err(_)) => {}
        }
        outcome
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.transport).poll_flush(context);
        if outcome.is_pending() {
            return this.wait_to_send(context).map(Err);
        }
        this.blocked_since = None;
        outcome
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.transport).poll_shutdown(context);
        if outcome.is_pending() { this.wait_to_send(context).map(Err) } else { outcome }
    }
}
