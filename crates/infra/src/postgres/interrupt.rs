use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::libpq::Canceller;

/// Ends a long piece of work from another thread: cancels the statement that it waits for, and lets it begin no other.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    triggered: Condvar,
}

#[derive(Default)]
struct State {
    is_triggered: bool,
    canceller: Option<Canceller>,
}

impl Interrupt {
    /// Ends the work.
    pub fn trigger(&self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_triggered = true;
        self.0.triggered.notify_all();
        if let Some(canceller) = &state.canceller {
            canceller.cancel();
        }
    }

    /// Has that connection's statements cancelled, until the value is dropped.
    pub(super) fn arm(&self, canceller: Option<Canceller>) -> Armed<'_> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).canceller = canceller;
        Armed(self)
    }

    pub(super) fn is_triggered(&self) -> bool {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).is_triggered
    }

    /// Waits for so long. Returns early, with true, when the work is to end.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.triggered.wait_timeout_while(state, time, |state| !state.is_triggered);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_triggered
    }
}

/// While it lives, a connection's statements are cancelled by an [`Interrupt`].
pub(super) struct Armed<'a>(&'a Interrupt);

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.0.0.state.lock().unwrap_or_else(PoisonError::into_inner).canceller = None;
    }
}
