use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::flow::{Flow, HeadTooLarge, Limit};
use super::registry::OpenSlot;
use super::throttle::Throttle;
use super::timer::Timer;
use super::transport::Transport;
use super::{ConnectionLimits, Shared};
use crate::cross_origin::CrossOrigin;
use crate::problem::ApiError;

/// Maximum time for a client to close a connection after its last response. If the server closed
/// first with unread bytes, the client's system would discard the response.
pub(super) const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

/// Start of the only response of the dispatcher itself: to a request that it cannot parse. The
/// responses of the service have a body.
const PARSE_ERROR: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n";

/// A connection of HTTP/1.1 that passes on one request at a time, and none while responses wait to be
/// sent.
pub(super) struct Connection {
    transport: Transport,
    flow: Rc<Flow>,
    slot: OpenSlot,
    throttle: Arc<Throttle>,
    limits: ConnectionLimits,
    cors_origins: Arc<[String]>,
    timer: Timer,
    /// Bytes of later requests that arrived with the current one.
    surplus: Bytes,
    /// Whether the dispatcher has not processed the last piece of a body yet. Otherwise it would
    /// read the whole body into one buffer before the service can refuse it.
    piece_is_unseen: bool,
    output: Output,
    /// Set after `Connection` itself sent a last response: further bytes of the client are skipped
    /// until then.
    closing: Option<Instant>,
}

/// State of the written bytes.
#[derive(Debug, Default)]
struct Output {
    /// Whether bytes wait because the client's system does not accept them.
    is_blocked: bool,
    /// Deadline of the current response; set when it first has to wait.
    deadline: Option<Instant>,
}

impl Connection {
    pub(super) fn new(transport: Transport, slot: OpenSlot, shared: &Shared) -> Self {
        let Shared { throttle, limits, cors_origins, .. } = shared.clone();
        let flow = Rc::new(Flow::new(slot.share()));
        let timer = Timer::new(Instant::now() + limits.keep_alive_timeout);
        Self {
            transport,
            flow,
            slot,
            throttle,
            limits,
            cors_origins,
            timer,
            surplus: Bytes::new(),
            piece_is_unseen: false,
            output: Output::default(),
            closing: None,
        }
    }

    pub(super) fn flow(&self) -> Rc<Flow> {
        Rc::clone(&self.flow)
    }

    /// Reads the bytes of the current request, and keeps the rest for later.
    fn read_request(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.surplus.is_empty() {
            ready!(Pin::new(&mut self.transport).poll_read(context, buffer))?;
        } else {
            let room = self.surplus.len().min(buffer.remaining());
            buffer.put_slice(&self.surplus.split_to(room));
        }
        let arrived = &buffer.filled()[before..];
        if arrived.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.flow.is_waiting() {
            self.output.deadline = None;
        } else {
            self.piece_is_unseen = true;
        }
        let taken = match self.flow.take(arrived) {
            Ok(taken) => taken,
            Err(HeadTooLarge { is_url_too_long }) => {
                buffer.set_filled(before);
                let error = if is_url_too_long { ApiError::UrlTooLong } else { ApiError::HeadTooLarge };
                return self.close_with(&error, context, buffer);
            }
        };
        if taken < arrived.len() {
            self.surplus = [&arrived[taken..], &self.surplus].concat().into();
            buffer.set_filled(before + taken);
        }
        Poll::Ready(Ok(()))
    }

    /// Waits without reading until the service completes the request or the client receives the
    /// response. Only checks whether the client is still connected.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The dispatcher does not poll again after the response is sent, so the connection may be
        // idle from here on.
        self.slot.wake_when_closing(context.waker());
        let limit = self.limits.keep_alive_timeout;
        self.timer.arm(context, || Instant::now() + limit);
        if self.transport.is_tls() {
            // Bytes may wait that are decrypted already.
            self.flow.wake_when_readable(context.waker());
        }
        if self.surplus.is_empty() {
            // The system wakes the task when bytes arrive.
            let arrived = ready!(self.transport.poll_peek(context))?;
            if arrived == 0 {
                return Poll::Ready(Ok(()));
            }
        }
        self.flow.wake_when_readable(context.waker());
        Poll::Pending
    }

    /// Waits for bytes until the deadline, or until the connection must close.
    fn wait_in_time(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.slot.wake_when_closing(context.waker());
        let Some((deadline, limit)) = self.flow.deadline(&self.limits) else { return Poll::Pending };
        ready!(self.timer.poll_until(context, deadline));
        match limit {
            // Bytes may have arrived that the runtime has not seen yet.
            Limit::Idle if self.transport.has_received() => Poll::Pending,
            Limit::Idle => Poll::Ready(Ok(())),
            Limit::Head => self.close_with(&ApiError::RequestTimeout, context, buffer),
        }
    }

    /// Waits until the client takes bytes of the response, at most until its deadline.
    fn wait_to_send(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        self.output.is_blocked = true;
        let limit = self.limits.response_timeout;
        let deadline = *self.output.deadline.get_or_insert_with(|| Instant::now() + limit);
        self.timer.poll_until(context, deadline).map(|()| io::ErrorKind::TimedOut.into())
    }

    /// Sends the response to a request that the service does not see.
    fn respond(&mut self, error: &ApiError, context: &mut Context<'_>) {
        let cross_origin = CrossOrigin::from(self.flow.origin().as_ref(), &self.cors_origins);
        let response = error.last_response(cross_origin, self.transport.is_tls());
        // No other bytes wait, so the system accepts these few, or the client has disconnected.
        let _ = Pin::new(&mut self.transport).poll_write(context, &response);
    }

    /// Sends a last response, and skips further bytes of the client.
    fn close_with(
        &mut self,
        error: &ApiError,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.respond(error, context);
        let _ = Pin::new(&mut self.transport).poll_shutdown(context);
        self.surplus = Bytes::new();
        self.closing = Some(Instant::now() + LINGER);
        self.skip(context, buffer)
    }

    fn skip(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(deadline) = self.closing else { return Poll::Ready(Ok(())) };
        if self.timer.poll_until(context, deadline).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        loop {
            ready!(Pin::new(&mut self.transport).poll_read(context, buffer))?;
            if buffer.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            buffer.set_filled(before);
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_some() {
            return this.skip(context, buffer);
        }
        this.throttle.wait();
        if std::mem::take(&mut this.piece_is_unseen) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.output.is_blocked || !this.flow.may_read() {
            return this.wait(context);
        }
        if this.slot.is_evicted() && this.flow.is_waiting() {
            // Looks to the dispatcher as if the client had closed the connection.
            return Poll::Ready(Ok(()));
        }
        // Bytes are usually available, so the clock is read only afterwards.
        match this.read_request(context, buffer) {
            Poll::Pending => this.wait_in_time(context, buffer),
            read @ Poll::Ready(_) => read,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if bytes.starts_with(PARSE_ERROR) {
            this.respond(&ApiError::UNREADABLE, context);
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut this.transport).poll_write(context, bytes);
        if outcome.is_pending() { this.wait_to_send(context).map(Err) } else { outcome }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.transport).poll_flush(context);
        if outcome.is_pending() {
            // Encrypted bytes wait.
            return this.wait_to_send(context).map(Err);
        }
        if std::mem::take(&mut this.output.is_blocked) {
            this.flow.wake_reader();
        }
        outcome
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_shutdown(context)
    }
}
