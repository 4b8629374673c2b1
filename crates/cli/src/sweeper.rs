//! Removes sessions that are over, while the service runs.

use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use sihha_domain::randomness::Randomness;
use sihha_domain::session::PurgeSessions;
use sihha_domain::store::StoreError;

/// How long one run waits for the next, at least.
const PAUSE: Duration = Duration::from_mins(5);
/// So many seconds more, at most: instances that were started together do not stay together.
const JITTER: u8 = 60;
/// How many batches a run has at most. A backlog of months takes several runs, and leaves room for others between.
const BATCHES: u32 = 100;

/// A thread that sweeps now and every few minutes.
pub(crate) struct Sweeper {
    /// Nothing is ever sent: the thread ends when this is dropped.
    stop: Sender<Infallible>,
    thread: JoinHandle<()>,
}

impl Sweeper {
    /// Starts the thread.
    pub(crate) fn start(purge: PurgeSessions, randomness: &dyn Randomness) -> anyhow::Result<Self> {
        let mut random = [0; 1];
        randomness.fill(&mut random);
        let pause = PAUSE + Duration::from_secs(u64::from(random[0] % JITTER));
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sweeper".to_owned())
            .spawn(move || {
                loop {
                    run(&purge, &stopped);
                    if is_told_within(pause, &stopped) {
                        break;
                    }
                }
            })
            .context("the system gives no more threads")?;
        Ok(Self { stop, thread })
    }

    /// Ends it; waits for the batch that it is at, if it is at one.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // The panic hook has told the log.
        let _ = self.thread.join();
    }
}

/// One run: removes what is over.
fn run(purge: &PurgeSessions, stopped: &Receiver<Infallible>) {
    let mut removed = 0;
    for _ in 0..BATCHES {
        match purge.batch() {
            Ok(0) => break,
            Ok(count) => removed += count,
            Err(error) => {
                report(&error);
                break;
            }
        }
        if is_told_within(Duration::ZERO, stopped) {
            break;
        }
    }
    if removed > 0 {
        tracing::info!(removed, "removed sessions that are over");
    }
}

/// Whether it is told to stop within that time.
fn is_told_within(pause: Duration, stopped: &Receiver<Infallible>) -> bool {
    stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout)
}

fn report(error: &StoreError) {
    if matches!(error, StoreError::Unavailable(_) | StoreError::Locked | StoreError::Conflict) {
        // The pool has told the log that the database is away, or a table is locked; the next run comes.
        tracing::debug!(%error, "sessions that are over stay");
    } else {
        tracing::error!(%error, "sessions that are over could not be removed");
    }
}
