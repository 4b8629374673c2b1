use std::cell::RefCell;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use actix_http::header::HeaderValue;
use tokio::time::Instant;

use super::framing::{ChunkScanner, HeadScanner};
use super::registry::{Slot, Stage};
use super::{ConnectionLimits, MAX_HEAD, MAX_URL, SMALL_HEAD};

/// Maximum number of bytes passed on at a time of a body of unknown length.
const UNSIZED_STEP: usize = 4 * 1024;

/// Maximum time from accepting a connection to its first request while the server closes idle
/// connections. A client that has just connected is about to send a request.
pub(super) const FIRST_REQUEST: Duration = Duration::from_millis(250);

/// Decides what may be read from a connection now. Shared by the stream, which queries it, and the
/// service, which reports the begin and the end of requests.
pub(super) struct Flow {
    state: RefCell<State>,
    slot: Arc<Slot>,
}

struct State {
    phase: Phase,
    head: HeadScanner,
    /// Whether a whole head has arrived so far.
    is_used: bool,
    /// Waker of the connection's task, if it was refused bytes that had arrived.
    refused: Option<Waker>,
}

/// Where the connection is in the exchange of requests and responses.
enum Phase {
    /// Between two requests.
    Idle { since: Instant },
    /// A part of a head has arrived.
    Head { since: Instant },
    /// A complete head was passed on, with the first `ahead` bytes of its body. The service has not
    /// been called yet.
    Parsing { ahead: u64, asked_again: bool },
    /// The service is processing a request.
    Serving(Rest),
    /// The service is done, but part of the body is unread.
    Skipping { rest: Rest, since: Instant },
}

/// The rest of a body that has not arrived, by its framing.
pub(super) enum Rest {
    /// This many bytes.
    Bytes(u64),
    /// Chunks, the last of which is empty (`Transfer-Encoding: chunked`).
    Chunks(ChunkScanner),
    /// Everything that the client sends, as after `CONNECT`.
    Endless,
}

impl Rest {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Bytes(0))
    }

    /// Returns how many of the next `bytes` belong to the body and may be passed on now, and counts
    /// them as arrived.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let step = bytes.len().min(UNSIZED_STEP);
        match self {
            Self::Bytes(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                taken
            }
            Self::Chunks(chunks) => match chunks.find_end(&bytes[..step]) {
                Some(end) => {
                    *self = Self::Bytes(0);
                    end
                }
                None => step,
            },
            Self::Endless => step,
        }
    }
}

/// Error: a head has more than [`MAX_HEAD`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadTooLarge {
    /// Whether that is due to the URL.
    pub(super) is_url_too_long: bool,
}

/// The time limit that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// No request arrived.
    Idle,
    /// A head, or the unread rest of a body, did not arrive.
    Head,
}

impl Flow {
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        let phase = Phase::Idle { since: Instant::now() };
        Self {
            state: RefCell::new(State { phase, head: HeadScanner::default(), is_used: false, refused: None }),
            slot,
        }
    }

    /// Returns whether bytes may be read now. [`Self::take`] classifies them.
    pub(super) fn may_read(&self) -> bool {
        let mut state = self.state.borrow_mut();
        match &mut state.phase {
            Phase::Idle { .. } | Phase::Head { .. } => true,
            // The dispatcher reads again without calling the service: its parser skipped what
            // looked like a head.
            Phase::Parsing { asked_again: true, .. } => {
                state.phase = Phase::Head { since: Instant::now() };
                state.head = HeadScanner::default();
                true
            }
            Phase::Parsing { asked_again, .. } => {
                *asked_again = true;
                false
            }
            Phase::Serving(rest) | Phase::Skipping { rest, .. } => !rest.is_empty(),
        }
    }

    /// Returns how many of the next `bytes` may be passed on now, and counts them as read.
    ///
    /// # Errors
    ///
    /// Fails if they make the head larger than [`MAX_HEAD`].
    pub(super) fn take(&self, bytes: &[u8]) -> Result<usize, HeadTooLarge> {
        let mut state = self.state.borrow_mut();
        let State { phase, head, is_used, .. } = &mut *state;
        match phase {
            Phase::Idle { .. } | Phase::Head { .. } => {
                let end = head.find_end(bytes);
                let too_large = head.length > MAX_HEAD;
                if too_large || (head.length > SMALL_HEAD && !self.slot.may_have_large_head()) {
                    return Err(HeadTooLarge { is_url_too_long: head.request_line > MAX_URL });
                }
                let Some(end) = end else {
                    if let Phase::Idle { .. } = phase {
                        *phase = Phase::Head { since: Instant::now() };
                    }
                    return Ok(bytes.len());
                };
                // Passing on the body with its head saves a round through the dispatcher.
                let body = head.content_length.min(bytes.len() - end);
                self.slot.is_busy();
                *is_used = true;
                *phase = Phase::Parsing { ahead: body as u64, asked_again: false };
                Ok(end + body)
            }
            Phase::Parsing { .. } => Ok(0),
            Phase::Serving(rest) => Ok(rest.take(bytes)),
            Phase::Skipping { rest, .. } => {
                let taken = rest.take(bytes);
                if rest.is_empty() {
                    self.wait_for_request(&mut state);
                }
                Ok(taken)
            }
        }
    }

    /// Returns the origin of the page that sends the current request, if it has arrived.
    pub(super) fn origin(&self) -> Option<HeaderValue> {
        self.state.borrow().head.origin.clone()
    }

    /// Returns the deadline of the current phase, and its limit.
    pub(super) fn deadline(&self, limits: &ConnectionLimits) -> Option<(Instant, Limit)> {
        let state = self.state.borrow();
        match state.phase {
            Phase::Idle { since } if self.slot.stage() == Stage::Closing => {
                let left = if state.is_used { Duration::ZERO } else { FIRST_REQUEST };
                Some((since + left, Limit::Idle))
            }
            Phase::Idle { since } => Some((since + limits.keep_alive_timeout, Limit::Idle)),
            Phase::Head { since } | Phase::Skipping { since, .. } => {
                Some((since + limits.head_timeout, Limit::Head))
            }
            Phase::Parsing { .. } | Phase::Serving(_) => None,
        }
    }

    /// Returns whether the server stops. Responses must close the connection then.
    pub(super) fn is_draining(&self) -> bool {
        self.slot.stage() != Stage::Serving
    }

    /// Returns whether no whole request has arrived since the last one.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state.borrow().phase, Phase::Idle { .. } | Phase::Head { .. })
    }

    /// Registers `waker` to be woken when more may be read.
    pub(super) fn wake_when_readable(&self, waker: &Waker) {
        self.state.borrow_mut().refused.get_or_insert_with(|| waker.clone());
    }

    /// Notes that the service starts to process a request with that body.
    pub(super) fn begin(&self, mut body: Rest) {
        self.change(|state| {
            if let (Phase::Parsing { ahead, .. }, Rest::Bytes(length)) = (&state.phase, &mut body) {
                *length = length.saturating_sub(*ahead);
            }
            state.phase = Phase::Serving(body);
        });
    }

    /// Notes that the service has completed or abandoned the request.
    pub(super) fn end(&self) {
        self.change(|state| {
            let idle = Phase::Idle { since: Instant::now() };
            match std::mem::replace(&mut state.phase, idle) {
                Phase::Serving(rest) if rest.is_empty() => self.wait_for_request(state),
                Phase::Serving(rest) => state.phase = Phase::Skipping { rest, since: Instant::now() },
                other => state.phase = other,
            }
        });
    }

    fn wait_for_request(&self, state: &mut State) {
        let since = Instant::now();
        state.phase = Phase::Idle { since };
        state.head = HeadScanner::default();
        self.slot.is_waiting(since);
    }

    /// Wakes the connection's task if it was refused bytes that had arrived.
    pub(super) fn wake_reader(&self) {
        self.change(|_| ());
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.borrow_mut();
        change(&mut state);
        if let Some(waker) = state.refused.take() {
            waker.wake();
        }
    }
}
