use chrono::{DateTime, TimeDelta, Utc};

/// Consecutive failures in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// Their number; at least 1.
    pub failures: u32,
    /// When the last one was counted.
    pub failed_at: DateTime<Utc>,
}

/// Consecutive failures of a subject.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureCounts {
    /// Those in one network.
    pub in_network: Option<FailureCount>,
    /// The number of those in all networks.
    pub in_all_networks: u32,
}

/// How many failures are free, and how long the next attempt has to wait after more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Number of failures in a network after which attempts from it are delayed; at least 1.
    pub free: u32,
    /// The delay after `free` failures, after one more, and so on; the last one is also that of all
    /// further failures. At least one.
    pub delays: &'static [TimeDelta],
    /// Number of consecutive failures in all networks after which nothing is admitted until the count is
    /// lifted; at least 1. `None` if any number leaves the subject open elsewhere.
    pub stop: Option<u32>,
}

impl ThrottlePolicy {
    /// Five failures are free; then the delay doubles from 30 seconds to an hour.
    pub const DELAYS: Self = Self {
        free: 5,
        delays: &[
            TimeDelta::seconds(30),
            TimeDelta::minutes(1),
            TimeDelta::minutes(2),
            TimeDelta::minutes(4),
            TimeDelta::minutes(8),
            TimeDelta::minutes(16),
            TimeDelta::minutes(32),
            TimeDelta::hours(1),
        ],
        stop: None,
    };

    /// Number of consecutive failures that stop log-ins by password (NIST SP 800-63B-4 §3.2.2).
    pub const STOP: u32 = 100;

    /// The same, and a hundred consecutive failures stop log-ins by password.
    pub const OF_PASSWORD: Self = Self { stop: Some(Self::STOP), ..Self::DELAYS };

    /// What a client is told to wait if nothing but the owner or an admin ends the stop.
    pub const WAIT_WHILE_STOPPED: TimeDelta = TimeDelta::hours(1);

    /// Returns when the next attempt is admitted, as known at `now`. `None` if never.
    ///
    /// A failure that is later than `now` by more than its delay delays nothing: a clock was wrong
    /// then.
    #[must_use]
    pub fn admits_at(&self, counts: FailureCounts, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.stop.is_some_and(|stop| counts.in_all_networks >= stop) {
            return None;
        }
        let delayed =
            counts.in_network.and_then(|count| Some((count, count.failures.checked_sub(self.free)?)));
        let Some((FailureCount { failed_at, .. }, more)) = delayed else { return Some(now) };
        let delay = *self.delays.get(more as usize).or(self.delays.last())?;
        let is_of_wrong_clock = failed_at > now + delay;
        Some(if is_of_wrong_clock { now } else { failed_at + delay })
    }
}

/// From how many accounts' failures on a network is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StuffingLimit {
    /// Number of accounts, unknown e-mails included; at least 1.
    pub accounts: u32,
    /// How long a failure counts.
    pub within: TimeDelta,
}

impl StuffingLimit {
    /// 30 accounts in 10 minutes.
    pub const DEFAULT: Self = Self { accounts: 30, within: TimeDelta::minutes(10) };
}
