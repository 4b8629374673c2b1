//! Queries the database, so that an instance without requests also notices an outage and follows
//! the database's clock.

use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::store::CheckStore;
use sihha_infra::postgres::DatabaseClock;

use super::runner::{JobSignal, Task};

/// Maximum difference between the clocks of this machine and the database without a warning. Other
/// services compare tokens with clocks of their own.
const MAX_CLOCK_DIFFERENCE: TimeDelta = TimeDelta::seconds(2);

pub(super) struct CheckDatabase {
    check: CheckStore,
    clock: Arc<DatabaseClock>,
    /// Whether the clocks differed at the last check.
    clocks_differ: bool,
}

impl CheckDatabase {
    pub(super) fn new(check: CheckStore, clock: Arc<DatabaseClock>) -> Self {
        Self { check, clock, clocks_differ: false }
    }
}

impl Task for CheckDatabase {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        self.check.run()?;
        let ahead = self.clock.ahead();
        let differed = std::mem::replace(&mut self.clocks_differ, ahead.abs() > MAX_CLOCK_DIFFERENCE);
        if self.clocks_differ && !differed {
            tracing::warn!(
                ahead = ahead.num_seconds(),
                "this machine's clock differs from the database's, which sessions and tokens follow"
            );
        }
        Ok(())
    }
}
