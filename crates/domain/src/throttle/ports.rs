use chrono::{DateTime, Utc};

use super::{FailureCounts, ThrottlePolicy};
use crate::rate_limit::RateKey;
use crate::store::StoreError;

/// What failures are counted of: a subject in one network. Those in all networks are counted as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThrottleKey {
    /// The subject.
    pub subject: RateKey,
    /// The network.
    pub network: RateKey,
}

/// Counts failures.
pub trait ThrottleRepository {
    /// Counts a failure at `now` in the network, and in all networks if the policy has a stop. Returns the
    /// number of failures in the network with this one; `None` if the policy admits no attempt yet.
    ///
    /// MUST be atomic: of simultaneous calls by all instances, no more succeed than the policy allows.
    /// MUST NOT count in all networks what a delay of one network refuses: nobody stops an account from a
    /// single network. MUST ignore the time of a failure that is later than `now` by more than its delay:
    /// a clock was wrong then.
    fn count(
        &mut self,
        key: &ThrottleKey,
        policy: ThrottlePolicy,
        now: DateTime<Utc>,
    ) -> Result<Option<u32>, StoreError>;

    /// Returns the failures.
    fn find(&mut self, key: &ThrottleKey) -> Result<FailureCounts, StoreError>;

    /// Forgets the failures of the subject in the key's network, and those in all networks that are
    /// counted together.
    fn forgive(&mut self, key: &ThrottleKey) -> Result<(), StoreError>;

    /// Forgets all failures of a subject, in each network.
    fn lift(&mut self, subject: &RateKey) -> Result<(), StoreError>;

    /// Records that an attempt on `subject` failed in a network.
    fn record_failure(
        &mut self,
        network: &RateKey,
        subject: &RateKey,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Forgets that attempts on `subject` failed in a network.
    fn forget_failure(&mut self, network: &RateKey, subject: &RateKey) -> Result<(), StoreError>;

    /// Returns the number of subjects on which attempts failed in a network after the first moment, and
    /// not after the second one; at most `limit`.
    fn failed_subjects(
        &mut self,
        network: &RateKey,
        between: [DateTime<Utc>; 2],
        limit: u32,
    ) -> Result<u32, StoreError>;

    /// Deletes up to `limit` counts whose last failure was before `moment`, except those in all networks
    /// that have reached `stop`. Returns their number.
    fn purge_counts(&mut self, stop: u32, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// Deletes up to `limit` failures in networks from before `moment`. Returns their number.
    fn purge_failures(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
