use std::cell::RefCell;
use std::sync::Arc;
use std::task::Waker;

use tokio::time::Instant;

use super::registry::Slot;
use super::{ConnectionLimits, MAX_HEAD, SMALL_HEAD};

/// Bytes that are passed on at a time of a body whose length is not known in advance.
const UNSIZED_STEP: usize = 4 * 1024;

/// Decides what may be read from a connection now. Shared by the stream, which asks, and the service, which says when a
/// request begins and ends.
pub(super) struct Flow {
    state: RefCell<State>,
    slot: Arc<Slot>,
}

struct State {
    phase: Phase,
    head: HeadScanner,
    /// Wakes the connection's task, which was refused bytes that are there.
    refused: Option<Waker>,
}

/// Where the connection is in the exchange of requests and responses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Between two requests.
    Idle { since: Instant },
    /// A part of a head has arrived.
    Head { since: Instant },
    /// A whole head was passed on, with the first `ahead` bytes of its body, and the service was not called yet.
    Parsing { ahead: u64, asked_again: bool },
    /// The service works on a request.
    Serving(Body),
    /// The service is done, and part of the body is left over.
    Skipping { left: u64, since: Instant },
    /// The service is done with a request whose end only the parser knows, and with it the beginning of the next.
    Unframed { since: Instant },
}

/// What else belongs to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Sized(u64),
    /// Bytes whose number the body says itself (`Transfer-Encoding: chunked`).
    Unsized,
}

/// A head has more than [`MAX_HEAD`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadTooLarge;

/// The time limit that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// No request came.
    Idle,
    /// A head, or the rest of a body that nobody reads, did not arrive.
    Head,
}

impl Flow {
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        let phase = Phase::Idle { since: Instant::now() };
        Self { state: RefCell::new(State { phase, head: HeadScanner::default(), refused: None }), slot }
    }

    /// Returns whether bytes may be read now. What they are is told by [`Self::take`].
    pub(super) fn may_read(&self) -> bool {
        let mut state = self.state.borrow_mut();
        match &mut state.phase {
            Phase::Idle { .. }
            | Phase::Head { .. }
            | Phase::Unframed { .. }
            | Phase::Serving(Body::Unsized) => true,
            // Asked again after the parser had its turn: it skipped what looked like a head.
            Phase::Parsing { asked_again: true, .. } => {
                state.phase = Phase::Head { since: Instant::now() };
                state.head = HeadScanner::default();
                true
            }
            Phase::Parsing { asked_again, .. } => {
                *asked_again = true;
                false
            }
            Phase::Serving(Body::Sized(left)) | Phase::Skipping { left, .. } => *left > 0,
        }
    }

    /// Returns how many of the next `bytes` are part of what may be read now, and counts them as read.
    ///
    /// # Errors
    ///
    /// If they make the head larger than [`MAX_HEAD`].
    pub(super) fn take(&self, bytes: &[u8]) -> Result<usize, HeadTooLarge> {
        let mut state = self.state.borrow_mut();
        let State { phase, head, .. } = &mut *state;
        match phase {
            Phase::Idle { .. } | Phase::Head { .. } => {
                let end = head.find_end(bytes);
                let too_large = head.length > MAX_HEAD;
                if too_large || (head.length > SMALL_HEAD && !self.slot.may_have_large_head()) {
                    return Err(HeadTooLarge);
                }
                let Some(end) = end else {
                    if let Phase::Idle { .. } = phase {
                        *phase = Phase::Head { since: Instant::now() };
                    }
                    return Ok(bytes.len());
                };
                // A body that came with its head is passed on with it: that saves a round through the dispatcher.
                let body = head.content_length.min(bytes.len() - end);
                self.slot.is_busy();
                *phase = Phase::Parsing { ahead: body as u64, asked_again: false };
                Ok(end + body)
            }
            Phase::Parsing { .. } => Ok(0),
            Phase::Serving(Body::Sized(left)) | Phase::Skipping { left, .. } => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                Ok(taken)
            }
            Phase::Unframed { .. } | Phase::Serving(Body::Unsized) => Ok(bytes.len().min(UNSIZED_STEP)),
        }
    }

    /// Returns when the present phase must be over, and which limit that is.
    pub(super) fn deadline(&self, limits: &ConnectionLimits) -> Option<(Instant, Limit)> {
        match self.state.borrow().phase {
            Phase::Idle { since } | Phase::Unframed { since } => {
                Some((since + limits.keep_alive_timeout, Limit::Idle))
            }
            Phase::Head { since } | Phase::Skipping { since, .. } => {
                Some((since + limits.head_timeout, Limit::Head))
            }
            Phase::Parsing { .. } | Phase::Serving(_) => None,
        }
    }

    /// Returns whether no whole request has arrived since the last one.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state.borrow().phase, Phase::Idle { .. } | Phase::Head { .. } | Phase::Unframed { .. })
    }

    /// Has `waker` woken when more may be read.
    pub(super) fn wake_when_readable(&self, waker: &Waker) {
        self.state.borrow_mut().refused.get_or_insert_with(|| waker.clone());
    }

    /// Notes that the service begins with a request.
    pub(super) fn begin(&self, body: Body) {
        self.change(|state| {
            let ahead = if let Phase::Parsing { ahead, .. } = state.phase { ahead } else { 0 };
            state.phase = Phase::Serving(match (state.phase, body) {
                // How much of it was passed on with its head is not known.
                (Phase::Unframed { .. }, Body::Sized(1..)) | (_, Body::Unsized) => Body::Unsized,
                (_, Body::Sized(length)) => Body::Sized(length.saturating_sub(ahead)),
            });
        });
    }

    /// Notes that the service is done with the request, or gave it up.
    pub(super) fn end(&self) {
        let since = Instant::now();
        self.change(|state| {
            state.phase = match state.phase {
                Phase::Serving(Body::Sized(0)) => Phase::Idle { since },
                Phase::Serving(Body::Sized(left)) => Phase::Skipping { left, since },
                Phase::Serving(Body::Unsized) => Phase::Unframed { since },
                other => other,
            };
            state.head = HeadScanner::default();
        });
        if self.is_waiting() {
            self.slot.is_waiting(since);
        }
    }

    /// Wakes the connection's task, if it was refused bytes that are there.
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

/// Finds the end of a request's head: an empty line, with or without a carriage return (RFC 9112 §2.2). Empty lines before
/// the request line do not count.
#[derive(Debug, Default)]
struct HeadScanner {
    /// Bytes so far.
    length: usize,
    /// Whether a line with something in it was seen.
    started: bool,
    line: Line,
    /// Bytes that the body has by the head, as far as they were seen in one piece. A hint: the parser decides.
    content_length: usize,
}

/// The part that has arrived of the present line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Empty,
    CarriageReturn,
    Text,
}

impl HeadScanner {
    /// Returns how many of `bytes`, which come next, belong to the head, if it ends in them.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', bytes) {
            if self.line == Line::Empty {
                self.content_length = content_length(&bytes[start..newline]).unwrap_or(self.content_length);
            }
            self.extend_line(&bytes[start..newline]);
            start = newline + 1;
            let line = std::mem::take(&mut self.line);
            if line == Line::Text {
                self.started = true;
            } else if self.started {
                self.length += start;
                return Some(start);
            }
        }
        self.extend_line(&bytes[start..]);
        self.length += bytes.len();
        None
    }

    fn extend_line(&mut self, part: &[u8]) {
        self.line = match (self.line, part) {
            (line, b"") => line,
            (Line::Empty, b"\r") => Line::CarriageReturn,
            _ => Line::Text,
        };
    }
}

/// Returns the number of a `Content-Length` line.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = name.eq_ignore_ascii_case(NAME).then_some(value)?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(parts: &[&str]) -> Option<usize> {
        let mut scanner = HeadScanner::default();
        let mut before = 0;
        for part in parts {
            if let Some(end) = scanner.find_end(part.as_bytes()) {
                return Some(before + end);
            }
            before += part.len();
        }
        None
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(end(&["GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"]), Some(27));
        assert_eq!(end(&["GET / HTTP/1.1\nHost: a\n\nGET"]), Some(24));
        assert_eq!(end(&["GET / HTTP/1.1\r\nHost: a\r\n"]), None);
        assert_eq!(end(&["GET / HTTP/1.1\r\nA: \r\r\n"]), None);
    }

    #[test]
    fn empty_lines_before_it_do_not_count() {
        assert_eq!(end(&["\r\n\r\n\nGET / HTTP/1.1\r\n\r\n"]), Some(23));
        assert_eq!(end(&["\r\n", "\r\n", "\r\n"]), None);
    }

    #[test]
    fn it_may_arrive_in_any_pieces() {
        let head = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for first in 0..head.len() {
            for second in first..head.len() {
                let parts = [&head[..first], &head[first..second], &head[second..]];
                assert_eq!(end(&parts), Some(head.len()), "{parts:?}");
            }
        }
    }
}
