use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::subject::network_of;
use super::{StuffingLimit, Subject, ThrottleKey, ThrottlePolicy, Throttled};
use crate::clock::Clock;
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

/// An admitted attempt, which counts as a failure until it succeeds.
#[must_use]
pub struct Admission<'a> {
    throttle: &'a Throttle,
    key: ThrottleKey,
    at: DateTime<Utc>,
    /// Whether earlier attempts in the network failed.
    is_repeated: bool,
}

impl Throttle {
    /// Counts an attempt, and admits it unless there were too many failures: alike for subjects that
    /// exist and those that do not. A correct password does not get through a delay, so the password
    /// MUST be checked after this.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn admit(
        &self,
        subject: &Subject,
        client: &ClientInfo,
    ) -> Result<Result<Admission<'_>, Throttled>, StoreError> {
        let key = ThrottleKey { subject: subject.key(), network: network_of(client) };
        let mut admission = Admission { throttle: self, key, at: self.clock.now(), is_repeated: false };
        let Some(limit) = self.stuffing else { return Ok(Ok(admission)) };
        Ok(self.count(&admission, subject.policy(), limit)?.map(|failures| {
            admission.is_repeated = failures > 1;
            admission
        }))
    }

    /// Makes an attempt if it is admitted. Of its errors, `is_failure` tells those that somebody who
    /// guesses gets; after the others it counts as well, but not for the whole network.
    pub(crate) fn guard<T, E: From<StoreError> + From<Throttled>>(
        &self,
        subject: &Subject,
        client: &ClientInfo,
        attempt: impl FnOnce() -> Result<T, E>,
        is_failure: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        let admission = self.admit(subject, client)??;
        let outcome = attempt();
        match &outcome {
            Ok(_) => admission.succeed()?,
            Err(error) if is_failure(error) => admission.fail()?,
            Err(_) => {}
        }
        outcome
    }

    /// Counts the attempt as a failure. Returns the number of failures in the network.
    fn count(
        &self,
        Admission { key, at, .. }: &Admission<'_>,
        policy: ThrottlePolicy,
        limit: StuffingLimit,
    ) -> Result<Result<u32, Throttled>, StoreError> {
        let mut store = self.store.autocommit()?;
        let mut throttles = store.throttles();
        // Where attempts on many accounts fail, somebody tries stolen passwords.
        let period = [*at - limit.within, *at + limit.within];
        if throttles.failed_subjects(&key.network, period, limit.accounts)? >= limit.accounts {
            return Ok(Err(Throttled::new(limit.within)));
        }
        if let Some(failures) = throttles.count(key, policy, *at)? {
            return Ok(Ok(failures));
        }
        let admits_at = policy.admits_at(throttles.find(key)?, *at);
        Ok(Err(Throttled::new(admits_at.map_or(ThrottlePolicy::WAIT_WHILE_STOPPED, |moment| moment - *at))))
    }
}

impl Admission<'_> {
    /// Forgives the failures of the subject in this network, and the consecutive ones in all networks.
    /// The delays of other networks remain. The network is no longer blamed for the subject: its owner
    /// mistyped the password.
    ///
    /// # Errors
    ///
    /// The error of the store. The attempt then counts as a failure.
    pub fn succeed(self) -> Result<(), StoreError> {
        if self.throttle.stuffing.is_none() {
            return Ok(());
        }
        let mut store = self.throttle.store.autocommit()?;
        if self.is_repeated {
            store.throttles().forget_failure(&self.key.network, &self.key.subject)?;
        }
        store.throttles().forgive(&self.key)
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
        store.throttles().record_failure(&self.key.network, &self.key.subject, self.at)
    }
}
