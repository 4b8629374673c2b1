//! Puts held decisions in force, and counts the possible duplicates of applications.

use sihha_domain::approval::{CountDuplicates, SettleDecisions};

use super::runner::{JobSignal, Task};

impl Task for SettleDecisions {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        while self.batch()? > 0 && !signal.must_stop() {}
        Ok(())
    }
}

/// Counts one small batch in each run: a hundred thousand applications that were migrated must not load
/// the service.
impl Task for CountDuplicates {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        self.batch()?;
        Ok(())
    }
}
