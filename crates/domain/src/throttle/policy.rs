use chrono::{DateTime, TimeDelta, Utc};

/// Consecutive failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureCount {
    /// Their number; at least 1.
    pub failures: u32,
    /// When the last one was counted.
    pub failed_at: DateTime<Utc>,
}

/// How many failures are free, and how long the next attempt has to wait after more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePolicy {
    /// Number of failures after which attempts are delayed; at least 1.
    pub free: u32,
    /// The delay after `free` failures, after one more, and so on; the last one is also that of all
    /// further failures. Without a delay, nothing is admitted until the count is cleared.
    pub delays: &'static [TimeDelta],
}

impl ThrottlePolicy {
    /// Of an account in a network: five failures are free; then the delay doubles from 30 seconds to
    /// an hour.
    pub const OF_NETWORK: Self = Self {
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
    };

    /// Of an account in all networks: a hundred consecutive failures stop log-ins by password.
    pub const OF_ALL_NETWORKS: Self = Self { free: 100, delays: &[] };

    /// What a client is told to wait if nothing but the owner or an admin ends the stop.
    pub const WAIT_WHILE_STOPPED: TimeDelta = TimeDelta::hours(1);

    /// Returns when the next attempt is admitted, as known at `now`. `None` if never.
    ///
    /// A failure that is later than `now` by more than its delay delays nothing: a clock was wrong
    /// then.
    #[must_use]
    pub fn admits_at(&self, count: FailureCount, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Some(more) = count.failures.checked_sub(self.free) else {
            return Some(DateTime::<Utc>::MIN_UTC);
        };
        let delay = self.delays.get(more as usize).or(self.delays.last())?;
        let is_of_wrong_clock = count.failed_at > now + *delay;
        Some(if is_of_wrong_clock { now } else { count.failed_at + *delay })
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
