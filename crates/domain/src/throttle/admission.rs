use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::subject::network_of;
use super::{StuffingLimit, Subject, ThrottleKey, ThrottlePolicy, ThrottleRepository, Throttled};
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

/// An admitted attempt, which counts as a failure until it succeeds.
#[must_use]
pub struct Admission<'a> {
    throttle: &'a Throttle,
    subject: Subject,
    network: RateKey,
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
        subject: Subject,
        client: &ClientInfo,
    ) -> Result<Result<Admission<'_>, Throttled>, StoreError> {
        let (network, at) = (network_of(client), self.clock.now());
        let mut admission = Admission { throttle: self, subject, network, at, is_repeated: false };
        let counted = self.stuffing.map(|limit| self.count(&admission, limit)).transpose()?;
        Ok(counted.unwrap_or(Ok(1)).map(|failures| {
            admission.is_repeated = failures > 1;
            admission
        }))
    }

    /// Makes an attempt if it is admitted. Of its errors, `is_failure` tells those that somebody who
    /// guesses gets; after the others it counts as well, but not for the whole network.
    pub(crate) fn guard<T, E: From<StoreError> + From<Throttled>>(
        &self,
        subject: Subject,
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
        Admission { subject, network, at, .. }: &Admission<'_>,
        limit: StuffingLimit,
    ) -> Result<Result<u32, Throttled>, StoreError> {
        let mut store = self.store.autocommit()?;
        let mut throttles = store.throttles();
        // Where attempts on many accounts fail, somebody tries stolen passwords.
        let (since, until) = (*at - limit.within, *at + limit.within);
        if throttles.failed_subjects(network, [since, until], limit.accounts)? >= limit.accounts {
            return Ok(Err(Throttled::new(limit.within)));
        }
        let in_network = subject.in_network(network.clone());
        let counted = count(&mut *throttles, &in_network, ThrottlePolicy::OF_NETWORK, *at)?;
        let Some(in_all) = subject.in_all_networks().filter(|_| counted.is_ok()) else { return Ok(counted) };
        let in_all = count(&mut *throttles, &in_all, ThrottlePolicy::OF_ALL_NETWORKS, *at)?;
        Ok(in_all.and(counted))
    }
}

fn count(
    throttles: &mut dyn ThrottleRepository,
    key: &ThrottleKey,
    policy: ThrottlePolicy,
    now: DateTime<Utc>,
) -> Result<Result<u32, Throttled>, StoreError> {
    if let Some(failures) = throttles.count(key, policy, now)? {
        return Ok(Ok(failures));
    }
    // A success may have cleared the count meanwhile.
    let admits_at = throttles.find(key)?.map_or(Some(now), |count| policy.admits_at(count, now));
    Ok(Err(Throttled::new(admits_at.map_or(ThrottlePolicy::WAIT_WHILE_STOPPED, |at| at - now))))
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
            store.throttles().forget_failure(&self.network, &self.subject.key())?;
        }
        store.throttles().forgive(&self.subject.in_network(self.network))
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
