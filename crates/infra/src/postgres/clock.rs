use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use nix::time::{ClockId, clock_gettime};
use sihha_domain::clock::Clock;

use crate::system::SystemClock;

/// Maximum duration of a query whose answer sets the clock; after a longer one, the time is too
/// uncertain.
const MAX_ROUND_TRIP: Duration = Duration::from_millis(250);

/// Value of the offset before the first query of the database's time.
const UNKNOWN: i64 = i64::MIN;

/// The database's clock. With it, all instances agree on how long ago a token was used.
///
/// Between two queries of the database's time, the clock advances with the time since this machine
/// was started, which corrections of the machine's clock do not change. Before the first query, it
/// is the system's clock.
#[derive(Debug)]
pub struct DatabaseClock {
    /// Microseconds to add to the time since the start of the machine, to get the time since 1970.
    offset: AtomicI64,
}

impl DatabaseClock {
    pub(super) fn new() -> Self {
        Self { offset: AtomicI64::new(UNKNOWN) }
    }

    /// Sets the clock to `time`, which the database returned for a query that was sent at `sent`.
    pub(super) fn set(&self, time: DateTime<Utc>, sent: Duration) {
        let received = since_start();
        let is_first = self.offset.load(Ordering::Relaxed) == UNKNOWN;
        if is_first || received.saturating_sub(sent) <= MAX_ROUND_TRIP {
            let asked = (sent + received.saturating_sub(sent) / 2).as_micros();
            let offset = time.timestamp_micros() - i64::try_from(asked).unwrap_or(0);
            self.offset.store(offset, Ordering::Relaxed);
        }
    }

    /// Returns how far the database's clock is ahead of this machine's.
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        self.now() - SystemClock.now()
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let offset = self.offset.load(Ordering::Relaxed);
        let micros = i64::try_from(since_start().as_micros()).unwrap_or(0);
        let known = (offset != UNKNOWN).then(|| DateTime::from_timestamp_micros(micros + offset)).flatten();
        known.map_or_else(|| SystemClock.now(), |now| now.trunc_subsecs(6))
    }
}

/// Returns the time since the machine was started, including the time in which it was suspended.
pub(super) fn since_start() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_follows_the_database_and_not_the_system() {
        let clock = DatabaseClock::new();
        assert!(clock.ahead().abs() < TimeDelta::seconds(1), "the system's clock, until it is set");
        clock.set(SystemClock.now() + TimeDelta::seconds(15), since_start());
        assert!((clock.ahead() - TimeDelta::seconds(15)).abs() < TimeDelta::seconds(1), "{}", clock.ahead());
    }

    #[test]
    fn a_slow_answer_does_not_change_the_clock() {
        let clock = DatabaseClock::new();
        clock.set(SystemClock.now(), since_start());
        let sent = since_start().saturating_sub(MAX_ROUND_TRIP * 2);
        clock.set(SystemClock.now() + TimeDelta::hours(1), sent);
        assert!(clock.ahead().abs() < TimeDelta::seconds(1), "{}", clock.ahead());
    }
}
