//! Lets another thread give up a start: it may wait for a lock, for `initdb` or for the server's recovery.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{EmbeddedPostgresError, Result};

type Action = Box<dyn Fn() + Send>;

/// Gives up a start. Clones are one.
#[derive(Clone, Default)]
pub struct Interrupt {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_told: bool,
    /// How to end each process that runs.
    actions: BTreeMap<u64, Action>,
    next: u64,
}

impl Interrupt {
    /// Ends what was started, and keeps more from being started.
    pub fn tell(&self) {
        let mut state = self.lock();
        state.is_told = true;
        state.actions.values().for_each(|action| action());
    }

    /// Returns whether nothing that was started runs any more.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lock().actions.is_empty()
    }

    /// Returns an error if the start was given up.
    pub(super) fn check(&self) -> Result<()> {
        if self.lock().is_told { Err(EmbeddedPostgresError::Interrupted) } else { Ok(()) }
    }

    /// Has `action` end a process that was started, until the value is dropped.
    pub(super) fn when_told(&self, action: impl Fn() + Send + 'static) -> Running {
        let mut state = self.lock();
        if state.is_told {
            action();
        }
        let id = state.next;
        state.next += 1;
        state.actions.insert(id, Box::new(action));
        Running { interrupt: self.clone(), id }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").finish_non_exhaustive()
    }
}

/// A process that an [`Interrupt`] ends.
#[derive(Debug)]
pub(super) struct Running {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.lock().actions.remove(&self.id);
    }
}
