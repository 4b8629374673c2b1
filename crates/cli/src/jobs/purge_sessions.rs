//! Removes expired and revoked sessions.

use sihha_domain::session::PurgeSessions;
use sihha_domain::store::StoreError;

use super::runner::{JobSignal, Task};

/// Maximum number of batches in a run. A backlog of months takes several runs, so that other work
/// gets its turn.
const MAX_BATCHES: u32 = 100;

impl Task for PurgeSessions {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let mut removed = 0;
        let outcome = purge(self, signal, &mut removed);
        if removed > 0 {
            tracing::info!(removed, "sessions purged");
        }
        Ok(outcome?)
    }
}

fn purge(sessions: &PurgeSessions, signal: &JobSignal, removed: &mut u32) -> Result<(), StoreError> {
    for _ in 0..MAX_BATCHES {
        let count = sessions.batch()?;
        *removed += count;
        if count == 0 || signal.must_stop() {
            break;
        }
    }
    Ok(())
}
