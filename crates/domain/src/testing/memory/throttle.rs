//! Counts of failures in memory.

use chrono::{DateTime, Utc};

use super::state::State;
use crate::rate_limit::RateKey;
use crate::store::StoreError;
use crate::throttle::{FailureCount, ThrottleKey, ThrottlePolicy, ThrottleRepository};

pub(super) struct MemoryThrottles<'a>(pub(super) &'a mut State);

impl ThrottleRepository for MemoryThrottles<'_> {
    fn count(
        &mut self,
        key: &ThrottleKey,
        policy: ThrottlePolicy,
        now: DateTime<Utc>,
    ) -> Result<Option<u32>, StoreError> {
        let earlier = self.0.throttles.get(key).copied();
        let is_admitted =
            earlier.is_none_or(|count| policy.admits_at(count, now).is_some_and(|moment| moment <= now));
        if !is_admitted {
            return Ok(None);
        }
        let failures = earlier.map_or(0, |count| count.failures) + 1;
        self.0.throttles.insert(key.clone(), FailureCount { failures, failed_at: now });
        Ok(Some(failures))
    }

    fn find(&mut self, key: &ThrottleKey) -> Result<Option<FailureCount>, StoreError> {
        Ok(self.0.throttles.get(key).copied())
    }

    fn forgive(&mut self, key: &ThrottleKey) -> Result<(), StoreError> {
        self.0.throttles.retain(|other, _| {
            other.subject != key.subject || (other.network.is_some() && other.network != key.network)
        });
        Ok(())
    }

    fn lift(&mut self, subject: &RateKey) -> Result<(), StoreError> {
        self.0.throttles.retain(|key, _| key.subject != *subject);
        Ok(())
    }

    fn record_failure(
        &mut self,
        network: &RateKey,
        subject: &RateKey,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.0.network_failures.insert((network.clone(), subject.clone()), at);
        Ok(())
    }

    fn forget_failure(&mut self, network: &RateKey, subject: &RateKey) -> Result<(), StoreError> {
        self.0.network_failures.remove(&(network.clone(), subject.clone()));
        Ok(())
    }

    fn failed_subjects(
        &mut self,
        network: &RateKey,
        [after, until]: [DateTime<Utc>; 2],
        limit: u32,
    ) -> Result<u32, StoreError> {
        let is_meant = |((of, _), at): &(&(RateKey, RateKey), &DateTime<Utc>)| {
            of == network && **at > after && **at <= until
        };
        let found = self.0.network_failures.iter().filter(is_meant).take(limit as usize).count();
        Ok(u32::try_from(found).unwrap_or(limit))
    }

    fn purge_counts(&mut self, failures: u32, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let is_old = |count: &FailureCount| count.failures < failures && count.failed_at < moment;
        let old = self.0.throttles.iter().filter(|(_, count)| is_old(count)).map(|(key, _)| key.clone());
        let old: Vec<_> = old.take(limit as usize).collect();
        self.0.throttles.retain(|key, _| !old.contains(key));
        Ok(u32::try_from(old.len()).unwrap_or(limit))
    }

    fn purge_failures(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = self.0.network_failures.iter().filter(|(_, at)| **at < moment).map(|(key, _)| key.clone());
        let old: Vec<_> = old.take(limit as usize).collect();
        self.0.network_failures.retain(|key, _| !old.contains(key));
        Ok(u32::try_from(old.len()).unwrap_or(limit))
    }
}
