//! What the connections of a pool know about the server.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connect_error::ConnectError;
use super::outages::Outages;

/// State of the server, shared by all connections of a pool.
#[derive(Debug, Default)]
pub(super) struct ServerState {
    /// Whether the last attempt to connect failed.
    pub(super) is_unavailable: AtomicBool,
    /// Number of open connections.
    pub(super) live: AtomicUsize,
    /// Number of connections that were found broken. After each, all other connections are tested
    /// before use.
    pub(super) faults: AtomicU64,
    /// Number of times that a prepared statement was found to be outdated.
    pub(super) plan_changes: AtomicU64,
    /// Whether the server refused a connection because it, or the role, has reached its limit.
    is_at_limit: AtomicBool,
    /// Whether a statement failed in a way that leaves it uncertain whether the server can complete
    /// writes.
    pub(super) is_write_uncertain: AtomicBool,
    pub(super) lock_watch: LockWatch,
    pub(super) outages: Outages,
}

impl ServerState {
    /// Records that the pool could not open a connection, and logs a change of state once. The pool
    /// tries again.
    pub(super) fn note_connect_error(&self, error: &ConnectError) {
        if error.is_full() && self.live.load(Ordering::Relaxed) > 0 {
            if !self.is_at_limit.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "fewer connections than --pool-size");
            }
            return;
        }
        // A connection that broke during its setup, because an operator or a restart closed it, is
        // simply replaced.
        if error.is_unreachable && !self.is_unavailable.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "database unavailable");
        }
    }
}

/// Remembers when a statement of a batch last found a row that another transaction had locked.
#[derive(Debug, Default)]
pub(super) struct LockWatch(Mutex<Option<Instant>>);

impl LockWatch {
    /// How long batches skip locked rows after they found one: an operator holds a lock for seconds
    /// or longer.
    const DURATION: Duration = Duration::from_mins(1);

    /// Records that a locked row was found.
    pub(super) fn note_lock(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether no locked row was found recently.
    pub(super) fn is_quiet(&self) -> bool {
        let found = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.is_none_or(|found| found.elapsed() > Self::DURATION)
    }
}
