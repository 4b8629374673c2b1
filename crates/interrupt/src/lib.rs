//! Ends long work on another thread: the start of a database server, a schema migration.
//!
//! One [`Interrupt`] reaches all work of a start, whichever crate does it. It uses the standard
//! library alone.
//!
//! ```
//! # use std::time::Duration;
//! # use sihha_interrupt::Interrupt;
//! let interrupt = Interrupt::default();
//! let worker = std::thread::spawn({
//!     let interrupt = interrupt.clone();
//!     move || interrupt.wait(Duration::from_secs(60))
//! });
//! interrupt.trigger();
//! assert!(worker.join().unwrap(), "the worker ended early");
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Action = Box<dyn Fn() + Send>;

/// Ends work that another thread does. All clones share one state.
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
    /// The actions that end the running work.
    actions: BTreeMap<u64, Action>,
    next: u64,
}

impl Interrupt {
    /// Ends all running work, permanently: work that starts later ends immediately.
    pub fn trigger(&self) {
        let mut state = self.lock();
        state.is_triggered = true;
        state.actions.values().for_each(|action| action());
        self.0.triggered.notify_all();
    }

    /// Returns whether no work is running.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lock().actions.is_empty()
    }

    /// Returns whether the work must end.
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        self.lock().is_triggered
    }

    /// Waits for `time`, or until the work must end. Returns whether it must end.
    #[must_use]
    pub fn wait(&self, time: Duration) -> bool {
        let waited = self.0.triggered.wait_timeout_while(self.lock(), time, |state| !state.is_triggered);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_triggered
    }

    /// Registers `action`, which ends a piece of work, until the returned value is dropped.
    ///
    /// Runs it immediately if the interrupt was triggered before. It must not block or use this
    /// interrupt.
    pub fn when_triggered(&self, action: impl Fn() + Send + 'static) -> RunningWork {
        let mut state = self.lock();
        if state.is_triggered {
            action();
        }
        let id = state.next;
        state.next += 1;
        state.actions.insert(id, Box::new(action));
        RunningWork { interrupt: self.clone(), id }
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

/// A running piece of work that an [`Interrupt`] can end.
#[derive(Debug)]
#[must_use = "the work is no longer registered when this value is dropped"]
pub struct RunningWork {
    interrupt: Interrupt,
    id: u64,
}

impl Drop for RunningWork {
    fn drop(&mut self) {
        self.interrupt.lock().actions.remove(&self.id);
    }
}
