//! Removes expired and revoked sessions, and old records of repeatable requests.

use sihha_domain::idempotency::PurgeIdempotencyRecords;
use sihha_domain::mail::PurgeMail;
use sihha_domain::session::PurgeSessions;
use sihha_domain::store::StoreError;
use sihha_domain::throttle::PurgeThrottles;

use super::runner::{JobSignal, Task};

/// Maximum number of batches in a run. A backlog of months takes several runs, so that other work
/// gets its turn.
const MAX_BATCHES: u32 = 100;

impl Task for PurgeSessions {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let (removed, outcome) = purge(signal, || self.batch());
        if removed > 0 {
            tracing::info!(removed, "sessions purged");
        }
        Ok(outcome?)
    }
}

impl Task for PurgeIdempotencyRecords {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let (removed, outcome) = purge(signal, || self.batch());
        if removed > 0 {
            tracing::debug!(removed, "idempotency records purged");
        }
        Ok(outcome?)
    }
}

impl Task for PurgeMail {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let (removed, outcome) = purge(signal, || self.batch());
        if removed > 0 {
            tracing::debug!(removed, "old messages, tokens and devices purged");
        }
        Ok(outcome?)
    }
}

impl Task for PurgeThrottles {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let (removed, outcome) = purge(signal, || self.batch());
        if removed > 0 {
            tracing::debug!(removed, "old counts of failures purged");
        }
        Ok(outcome?)
    }
}

/// Runs batches. Also returns the number of removed rows if one fails.
fn purge(signal: &JobSignal, batch: impl Fn() -> Result<u32, StoreError>) -> (u32, Result<(), StoreError>) {
    let mut removed = 0;
    for _ in 0..MAX_BATCHES {
        match batch() {
            Ok(0) => break,
            Ok(count) => removed += count,
            Err(error) => return (removed, Err(error)),
        }
        if signal.must_stop() {
            break;
        }
    }
    (removed, Ok(()))
}
