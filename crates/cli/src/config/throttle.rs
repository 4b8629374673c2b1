use std::time::Duration;

use chrono::TimeDelta;
use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use sihha_domain::throttle::StuffingLimit;

use super::values::duration_in;

/// Whether guesses are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ThrottleMode {
    /// Failed attempts are counted, and the next ones delayed
    #[default]
    On,
    /// Neither failures nor requests are counted: for load tests only
    Off,
}

/// How guesses of passwords, codes and tokens are limited.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Throttling")]
pub struct ThrottleOptions {
    /// Limit guesses of passwords, one-time codes and tokens of mails; off is for load tests, and also
    /// ends the limits of requests
    #[arg(long, env = "SIHHA_THROTTLE", default_value = "on", value_name = "MODE")]
    pub throttle: ThrottleMode,
    /// Refuse a network when log-ins of this many accounts have failed in it within `--stuffing-window`
    #[arg(long, env = "SIHHA_STUFFING_ACCOUNTS", default_value = "30", value_name = "NUMBER",
          value_parser = RangedU64ValueParser::<u32>::new().range(1..=10_000))]
    pub stuffing_accounts: u32,
    /// Time within which `--stuffing-accounts` are counted
    #[arg(long, env = "SIHHA_STUFFING_WINDOW", default_value = "10m", value_name = "TIME", value_parser = window)]
    pub stuffing_window: Duration,
}

impl Default for ThrottleOptions {
    fn default() -> Self {
        Self {
            throttle: ThrottleMode::On,
            stuffing_accounts: StuffingLimit::DEFAULT.accounts,
            stuffing_window: Duration::from_mins(10),
        }
    }
}

impl ThrottleOptions {
    /// Returns the limit; `None` if nothing is limited.
    ///
    /// # Errors
    ///
    /// If the time is out of range, which no command line can cause.
    pub fn limit(&self) -> Result<Option<StuffingLimit>, chrono::OutOfRangeError> {
        let within = TimeDelta::from_std(self.stuffing_window)?;
        let limit = StuffingLimit { accounts: self.stuffing_accounts, within };
        Ok((self.throttle == ThrottleMode::On).then_some(limit))
    }
}

/// Failures are purged after a day.
fn window(text: &str) -> Result<Duration, String> {
    duration_in(text, Duration::from_secs(1)..=Duration::from_hours(24))
}
