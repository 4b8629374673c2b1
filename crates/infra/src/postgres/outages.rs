use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use sihha_domain::store::Outage;

use super::clock::since_start;

/// An outage counts as no longer than this, so that what depends on it has a bound.
const MAX: Duration = Duration::from_mins(10);

/// When the database last could not do its work.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// Milliseconds from the machine's start to the last success.
    last_success: AtomicU64,
    is_on: AtomicBool,
    last: Mutex<Option<Period>>,
}

#[derive(Debug, Clone, Copy)]
struct Period {
    began: Duration,
    ended: Option<Duration>,
}

impl Outages {
    /// Notes that a statement succeeded.
    pub(super) fn note_success(&self) {
        let now = since_start();
        self.last_success.store(u64::try_from(now.as_millis()).unwrap_or(0), Ordering::Relaxed);
        if self.is_on.load(Ordering::Relaxed)
            && let Some(last) = self.lock().as_mut()
        {
            last.ended = Some(now);
            self.is_on.store(false, Ordering::Relaxed);
        }
    }

    /// Notes that a statement failed because of the database, and that it may have been sent `ago`.
    pub(super) fn note_failure(&self, ago: Duration) {
        let now = since_start();
        let last_success = Duration::from_millis(self.last_success.load(Ordering::Relaxed));
        let began = last_success.min(now.saturating_sub(ago)).max(now.saturating_sub(MAX));
        let mut last = self.lock();
        let is_new = last.is_none_or(|last| last.ended.is_some());
        if is_new {
            *last = Some(Period { began, ended: None });
        }
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Returns the last outage, which may still last.
    pub(super) fn last(&self) -> Option<Outage> {
        let last = (*self.lock())?;
        let now = since_start();
        let ago = |moment| TimeDelta::from_std(now.saturating_sub(moment)).unwrap_or(TimeDelta::MAX);
        Some(Outage { began_ago: ago(last.began), ended_ago: last.ended.map_or(TimeDelta::zero(), ago) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Period>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_begins_with_the_last_success_and_ends_with_the_next() {
        let outages = Outages::default();
        assert_eq!(outages.last(), None);
        outages.note_success();
        outages.note_failure(Duration::from_secs(3));
        let outage = outages.last().unwrap();
        assert!(outage.began_ago >= TimeDelta::seconds(3) && outage.began_ago < TimeDelta::seconds(30));
        assert_eq!(outage.ended_ago, TimeDelta::zero(), "it lasts");
        outages.note_failure(Duration::ZERO);
        outages.note_success();
        assert!(outages.last().unwrap().began_ago >= TimeDelta::seconds(3), "it is the same one");
    }

    #[test]
    fn an_outage_has_a_bound() {
        let outages = Outages::default();
        outages.note_failure(MAX * 2);
        assert!(
            outages.last().unwrap().began_ago < TimeDelta::from_std(MAX).unwrap() + TimeDelta::seconds(30)
        );
    }
}
