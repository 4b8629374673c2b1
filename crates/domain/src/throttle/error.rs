use chrono::TimeDelta;

/// An attempt is not admitted, because there were too many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failures: the next attempt is admitted in {} s", retry_after.num_seconds())]
pub struct Throttled {
    /// How long to wait; at least a second.
    pub retry_after: TimeDelta,
}

impl Throttled {
    pub(super) fn new(wait: TimeDelta) -> Self {
        Self { retry_after: wait.max(TimeDelta::seconds(1)) }
    }
}
