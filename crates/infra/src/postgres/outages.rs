use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use sihha_domain::store::Outage;

use super::clock::since_start;

/// Maximum duration that is reported for an outage, which limits the grace period of refreshes.
const MAX_DURATION: Duration = Duration::from_mins(10);

/// Maximum time that a request may have waited before its statement was sent: for a connection and
/// for a lock.
const MAX_WAIT: Duration = Duration::from_secs(7);

/// Time within which a further failure belongs to the same outage. After a failover, some
/// connections work while others still lead to the old primary, and clients need time to repeat
/// requests without a response.
const MERGE_WITHIN: Duration = Duration::from_secs(30);

/// Records the last outage of the database.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// Milliseconds from the start of the machine to the last success.
    last_success: AtomicU64,
    is_ongoing: AtomicBool,
    last: Mutex<Option<Period>>,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    began: Duration,
    ended: Option<Duration>,
}

impl Outages {
    /// Records that a statement succeeded.
    pub(super) fn note_success(&self) {
        let now = since_start();
        self.last_success.store(u64::try_from(now.as_millis()).unwrap_or(0), Ordering::Relaxed);
        if self.is_ongoing.load(Ordering::Relaxed)
            && let Some(last) = self.lock().as_mut()
        {
            last.ended = Some(now);
            self.is_ongoing.store(false, Ordering::Relaxed);
        }
    }

    /// Records that a statement with this time limit failed because of the database.
    pub(super) fn note_failure(&self, limit: Duration) {
        let now = since_start();
        let last_success = Duration::from_millis(self.last_success.load(Ordering::Relaxed));
        let sent = now.saturating_sub(limit + MAX_WAIT);
        let mut last = self.lock();
        let current =
            last.filter(|last| last.ended.is_none_or(|ended| now.saturating_sub(ended) < MERGE_WITHIN));
        let began = current.map_or(last_success, |current| current.began).min(sent);
        *last = Some(Period { began, ended: None });
        self.is_ongoing.store(true, Ordering::Relaxed);
    }

    /// Returns the last outage, which may not have ended.
    pub(super) fn last(&self) -> Option<Outage> {
        let last = (*self.lock())?;
        let now = since_start();
        let ago = |moment| TimeDelta::from_std(now.saturating_sub(moment)).unwrap_or(TimeDelta::MAX);
        let earliest = last.ended.unwrap_or(now).saturating_sub(MAX_DURATION);
        let began_ago = ago(last.began.max(earliest));
        Some(Outage { began_ago, ended_ago: last.ended.map_or(TimeDelta::zero(), ago) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Period>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    fn seconds(delta: TimeDelta) -> std::ops::Range<TimeDelta> {
        delta..delta + TimeDelta::seconds(30)
    }

    /// Moves all recorded times into the past.
    fn pass(outages: &Outages, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        outages.last_success.fetch_sub(millis, Ordering::Relaxed);
        if let Some(last) = outages.lock().as_mut() {
            last.began = last.began.saturating_sub(time);
            last.ended = last.ended.map(|ended| ended.saturating_sub(time));
        }
    }

    #[test]
    fn an_outage_begins_before_the_failed_request_was_sent_and_ends_with_the_next_success() {
        let outages = Outages::default();
        assert_eq!(outages.last(), None);
        outages.note_success();
        outages.note_failure(LIMIT);
        let outage = outages.last().unwrap();
        assert!(seconds(TimeDelta::seconds(10)).contains(&outage.began_ago), "{outage:?}");
        assert_eq!(outage.ended_ago, TimeDelta::zero(), "it has not ended");
        pass(&outages, Duration::from_secs(20));
        outages.note_failure(LIMIT);
        outages.note_success();
        let outage = outages.last().unwrap();
        assert!(
            seconds(TimeDelta::seconds(30)).contains(&outage.began_ago),
            "it is the same one: {outage:?}"
        );
    }

    #[test]
    fn a_failure_shortly_after_an_outage_belongs_to_it() {
        let outages = Outages::default();
        outages.note_success();
        outages.note_failure(LIMIT);
        pass(&outages, Duration::from_secs(20));
        outages.note_success();
        outages.note_failure(LIMIT);
        outages.note_success();
        let outage = outages.last().unwrap();
        assert!(seconds(TimeDelta::seconds(30)).contains(&outage.began_ago), "{outage:?}");
        pass(&outages, MERGE_WITHIN);
        outages.note_success();
        outages.note_failure(LIMIT);
        let outage = outages.last().unwrap();
        assert!(seconds(TimeDelta::seconds(10)).contains(&outage.began_ago), "another one: {outage:?}");
    }

    #[test]
    fn the_duration_of_an_outage_is_limited() {
        let outages = Outages::default();
        let maximum = TimeDelta::from_std(MAX_DURATION).unwrap();
        outages.note_failure(LIMIT);
        assert!(seconds(maximum).contains(&outages.last().unwrap().began_ago));
        outages.note_success();
        let outage = outages.last().unwrap();
        assert!(seconds(maximum).contains(&outage.began_ago), "{outage:?}");
    }
}
