use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::subject::network_of;
use super::{StuffingLimit, Subject, ThrottleKey, ThrottlePolicy};
use crate::clock::Clock;
use crate::rate_limit::RateKey;
use crate::session::ClientInfo;
use crate::store::{Store, StoreError};

/// Admits attempts to log in and the like, or tells how long to wait.
#[derive(Clone)]
pub struct Throttle {
    /// Counts failures.
    pub store: Arc<dyn Store>,
    /// Tells the time of attempts.
    pub clock: Arc<dyn Clock>,
    /// From how many accounts' failures on a network is refused; `None` admits everything and counts
    /// nothing.
    pub stuffing: Option<StuffingLimit>,
}

/// Why an attempt is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThrottleError {
    /// There were too many failures.
    #[error("too many failures: the next attempt is admitted in {} s", retry_after.num_seconds())]
    Delayed {
        /// How long to wait; at least a second.
        retry_after: TimeDelta,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An admitted attempt, which counts as a failure until it succeeds.
#[must_use]
pub struct Admission<'a> {
    throttle: &'a Throttle,
    subject: Subject,
    network: RateKey,
    at: DateTime<Utc>,
}

impl Throttle {
    /// Counts an attempt, and admits it unless there were too many failures. A correct password does
    /// not get through a delay, so the password MUST be checked after this.
    ///
    /// # Errors
    ///
    /// [`ThrottleError::Delayed`], alike for subjects that exist and those that do not.
    pub fn admit(&self, subject: Subject, client: &ClientInfo) -> Result<Admission<'_>, ThrottleError> {
        let (network, at) = (network_of(client), self.clock.now());
        if let Some(limit) = self.stuffing {
            self.check_network(&network, limit, at)?;
            self.count(&subject.in_network(network.clone()), ThrottlePolicy::OF_NETWORK, at)?;
            if let Some(key) = subject.in_all_networks() {
                self.count(&key, ThrottlePolicy::OF_ALL_NETWORKS, at)?;
            }
        }
        Ok(Admission { throttle: self, subject, network, at })
    }

    /// Forgets all failures of a subject: its owner proved who it is, or an admin decided so.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn lift(&self, subject: &Subject) -> Result<(), StoreError> {
        self.store.autocommit()?.throttles().lift(&subject.key())
    }

    /// Refuses networks in which attempts on many accounts fail: somebody tries stolen passwords.
    fn check_network(
        &self,
        network: &RateKey,
        limit: StuffingLimit,
        now: DateTime<Utc>,
    ) -> Result<(), ThrottleError> {
        let since = now - limit.within;
        let failed = self.store.autocommit()?.throttles().failed_subjects(network, since, limit.accounts)?;
        if failed < limit.accounts { Ok(()) } else { Err(delayed(limit.within)) }
    }

    fn count(
        &self,
        key: &ThrottleKey,
        policy: ThrottlePolicy,
        now: DateTime<Utc>,
    ) -> Result<(), ThrottleError> {
        let mut store = self.store.autocommit()?;
        if store.throttles().count(key, policy, now)? {
            return Ok(());
        }
        // A success may have cleared the count meanwhile.
        let admits_at = store.throttles().find(key)?.map_or(Some(now), |count| policy.admits_at(count));
        Err(delayed(admits_at.map_or(ThrottlePolicy::WAIT_WHILE_STOPPED, |at| at - now)))
    }
}

fn delayed(wait: TimeDelta) -> ThrottleError {
    ThrottleError::Delayed { retry_after: wait.max(TimeDelta::seconds(1)) }
}

impl Admission<'_> {
    /// Forgives the failures of the subject in this network, and the consecutive ones in all networks.
    /// The delays of other networks remain.
    ///
    /// # Errors
    ///
    /// The error of the store. The attempt then counts as a failure.
    pub fn succeed(self) -> Result<(), StoreError> {
        if self.throttle.stuffing.is_none() {
            return Ok(());
        }
        let key = self.subject.in_network(self.network);
        self.throttle.store.autocommit()?.throttles().forgive(&key)
    }

    /// Records that the attempt failed in its network.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn fail(self) -> Result<(), StoreError> {
        if self.throttle.stuffing.is_none() {
            return Ok(());
        }
        let mut store = self.throttle.store.autocommit()?;
        store.throttles().record_failure(&self.network, &self.subject.key(), self.at)
    }
}
