use chrono::{DateTime, Utc};

use super::{KeyUse, PublicKey};
use crate::store::StoreError;

/// The public halves of the keys that tokens are signed with.
pub trait PublicKeys: Send + Sync {
    /// Every key that a token which is good at `now`, or soon will be, may be signed with.
    ///
    /// MUST hold a key some time before it signs, and until the last token that it signed has expired. MUST NOT hold a
    /// shared secret.
    fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey>;
}

/// The keys that this service signs and verifies tokens with, by their names.
pub trait SigningKeys: Send + Sync {
    /// The keys that sign at some moment between `from` and `until`.
    fn signers(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<String>;

    /// Whether tokens that this key signed are accepted at `now`.
    fn verifies(&self, key: &str, now: DateTime<Utc>) -> bool;
}

/// Keeps when each key signed.
pub trait KeyUseRepository {
    /// Records a use. Of what was recorded of the key before, the earliest beginning and the latest times of the others MUST stay.
    fn record(&mut self, key_use: &KeyUse) -> Result<(), StoreError>;

    /// Ends a use at `at` instead of `signed_until`, unless another service has recorded the key for longer.
    fn end(&mut self, recorded: &KeyUse, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The keys that may have signed tokens which have not expired at `now`, in the order of their names.
    fn unexpired(&mut self, now: DateTime<Utc>) -> Result<Vec<KeyUse>, StoreError>;

    /// Whether a session is live at `now` whose newest tokens were made while the key signed.
    fn has_live_sessions(&mut self, key_use: &KeyUse, now: DateTime<Utc>) -> Result<bool, StoreError>;
}
