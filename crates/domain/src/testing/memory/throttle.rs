//! Counts of failures in memory.

use chrono::{DateTime, Utc};

use super::state::State;
use crate::rate_limit::RateKey;
use crate::store::StoreError;
use crate::throttle::{FailureCount, FailureCounts, ThrottleKey, ThrottlePolicy, ThrottleRepository};

pub(super) struct MemoryThrottles<'a>(pub(super) &'a mut State);

impl ThrottleRepository for MemoryThrottles<'_> {
    fn count(
        &mut self,
        key: &ThrottleKey,
        policy: ThrottlePolicy,
        now: DateTime<Utc>,
    ) -> Result<Option<u32>, StoreError> {
        let earlier = self.find(key)?;
        if policy.admits_at(earlier, now).is_none_or(|moment| moment > now) {
            return Ok(None);
        }
        let failures = earlier.in_network.map_or(0, |count| count.failures) + 1;
        self.0.throttles.insert(key.clone(), FailureCount { failures, failed_at: now });
        if policy.stop.is_some() {
            let failures = earlier.in_all_networks + 1;
            self.0.stops.insert(key.subject.clone(), FailureCount { failures, failed_at: now });
        }
        Ok(Some(failures))
    }

    fn find(&mut self, key: &ThrottleKey) -> Result<FailureCounts, StoreError> {
        let in_network = self.0.throttles.get(key).copied();
        let in_all_networks = self.0.stops.get(&key.subject).map_or(0, |count| count.failures);
        Ok(FailureCounts { in_network, in_all_networks })
    }

    fn forgive(&mut self, key: &ThrottleKey) -> Result<(), StoreError> {
        self.0.throttles.remove(key);
        self.0.stops.remove(&key.subject);
        Ok(())
    }

    fn lift(&mut self, subject: &RateKey) -> Result<(), StoreError> {
        self.0.throttles.retain(|key, _| key.subject != *subject);
        self.0.stops.remove(subject);
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

    fn purge_counts(&mut self, stop: u32, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let mut left = limit;
        let mut is_purged = |is_old: bool| {
            let is_purged = is_old && left > 0;
            left -= u32::from(is_purged);
            is_purged
        };
        self.0.throttles.retain(|_, count| !is_purged(count.failed_at < moment));
        self.0.stops.retain(|_, count| !is_purged(count.failed_at < moment && count.failures < stop));
        Ok(limit - left)
    }

    fn purge_failures(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = self.0.network_failures.iter().filter(|(_, at)| **at < moment).map(|(key, _)| key.clone());
        let old: Vec<_> = old.take(limit as usize).collect();
        self.0.network_failures.retain(|key, _| !old.contains(key));
        Ok(u32::try_from(old.len()).unwrap_or(limit))
    }
}
