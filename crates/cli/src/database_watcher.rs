//! Asks the database for a sign of life while the service runs, so that an instance without requests also knows what time it
//! is there, and when the database was unavailable.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use sihha_domain::store::CheckStore;
use sihha_infra::postgres::DatabaseClock;

/// How often to ask.
const PAUSE: Duration = Duration::from_secs(5);

/// A difference between this machine's clock and the database's that is worth a warning: other services compare tokens with
/// clocks of their own.
const MAX_DIFFERENCE: TimeDelta = TimeDelta::seconds(2);

/// A thread that asks again and again.
pub(crate) struct DatabaseWatcher {
    /// Nothing is ever sent: the thread ends when this is dropped.
    stop: Sender<Infallible>,
    thread: JoinHandle<()>,
}

impl DatabaseWatcher {
    /// Starts the thread. Warns immediately if the clocks differ.
    pub(crate) fn start(check: CheckStore, clock: Arc<DatabaseClock>) -> anyhow::Result<Self> {
        let (stop, stopped) = mpsc::channel::<Infallible>();
        let mut differs = warn_of_difference(&clock, false);
        let watch = move || {
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                // The pool logs that the database is unavailable.
                if check.run().is_ok() {
                    differs = warn_of_difference(&clock, differs);
                }
            }
        };
        let thread = thread::Builder::new().name("database-watcher".to_owned()).spawn(watch);
        Ok(Self { stop, thread: thread.context("the system gives no more threads")? })
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // The panic hook has logged it.
        let _ = self.thread.join();
    }
}

/// Warns once each time that the clocks begin to differ. Returns whether they do.
fn warn_of_difference(clock: &DatabaseClock, differed: bool) -> bool {
    let ahead = clock.ahead();
    let differs = ahead.abs() > MAX_DIFFERENCE;
    if differs && !differed {
        tracing::warn!(
            ahead = ahead.num_seconds(),
            "this machine's clock differs from the database's, which sessions and tokens follow"
        );
    }
    differs
}
