//! Limits on how often something happens, shared by all instances of the service.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::store::StoreError;

/// At most [`max`](RateLimit::max) times in any period of [`within`](RateLimit::within).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Maximum number of times; at least 1.
    pub max: u8,
    /// The length of the period.
    pub within: TimeDelta,
}

/// What is counted, for example the mails to an address. A digest, because a list of addresses with the
/// times of their mails is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RateKey(String);

impl RateKey {
    /// Returns the key of `subject`, in its canonical form, for one kind of event.
    #[must_use]
    pub fn new(kind: &str, subject: &str) -> Self {
        let digest = Sha256::digest(subject.as_bytes());
        let digits = hex::encode(digest);
        Self(format!("{kind} {digits}"))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Counts events.
pub trait RateLimitRepository {
    /// Counts one event at `now`, unless the limit is reached. Returns whether it was counted.
    ///
    /// MUST be atomic: of simultaneous calls by all instances, no more succeed than the limit allows.
    /// MUST ignore events that are later than `now` by more than the period: a clock was wrong then.
    fn take(&mut self, key: &RateKey, limit: RateLimit, now: DateTime<Utc>) -> Result<bool, StoreError>;

    /// Deletes up to `limit` keys without an event since `moment`. Returns their number.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
