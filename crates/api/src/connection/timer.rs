use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes a connection's task at its next deadline. Postponing a deadline costs nothing until the
/// timer fires.
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// Whether it wakes the task when it fires.
    is_armed: bool,
}

impl Timer {
    pub(super) fn new(first: Instant) -> Self {
        Self { sleep: Box::pin(sleep_until(first)), is_armed: false }
    }

    /// Wakes the task once, at `deadline` or earlier, unless a wake-up is already scheduled.
    pub(super) fn arm(&mut self, context: &mut Context<'_>, deadline: impl FnOnce() -> Instant) {
        if !self.is_armed || self.sleep.is_elapsed() {
            // An elapsed timer is set again.
            let _ = self.poll_until(context, deadline());
        }
    }

    /// Completes when `deadline` has passed. Until then, the task is scheduled to wake at it.
    pub(super) fn poll_until(&mut self, context: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.is_armed = true;
        while self.sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
