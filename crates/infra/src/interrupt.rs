//! Lets another thread end work that may wait for long: a start of the private Postgres, a migration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Action = Box<dyn Fn() + Send>;

/// Ends work that another thread does. Clones are one.
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
    /// How to end each piece of the work that goes on.
    actions: BTreeMap<u64, Action>,
    next: u64,
}

impl Interrupt {
    /// Ends what goes on, and keeps more from being started.
    pub fn trigger(&self) {
        let mut state = self.lock();
        state.is_triggered = true;
        state.actions.values().for_each(|action| action());
        self.0.triggered.notify_all();
    }

    /// Returns whether nothing goes on any more.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lock().actions.is_empty()
    }

    /// Returns whether the work is to end.
    pub(crate) fn is_triggered(&self) -> bool {
        self.lock().is_triggered
    }

    /// Waits for so long. Returns early, with true, when the work is to end.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self.0.triggered.wait_timeout_while(self.lock(), time, |state| !state.is_triggered);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_triggered
    }

    /// Has `action` end something that was started, until the value is dropped.
    pub(crate) fn when_triggered(&self, action: impl Fn() + Send + 'static) -> Running {
        let mut state = self.lock();
        if state.is_triggered {
            action();
        }
        let id = state.next;
        state.next += 1;
        state.actions.insert(id, Box::new(action));
        Running { interrupt: self.clone(), id }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").finish_non_exhaustive()
    }
}

/// Something that goes on, which an [`Interrupt`] ends.
#[derive(Debug)]
pub(crate) struct Running {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.lock().actions.remove(&self.id);
    }
}
