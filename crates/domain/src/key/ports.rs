use chrono::{DateTime, Utc};

use super::{KeyUse, PublicKey};
use crate::store::StoreError;

/// The public halves of the signing keys.
pub trait PublicKeys: Send + Sync {
    /// Returns every key that may have signed a token that is valid at `now` or will be soon.
    ///
    /// MUST contain a key for some time before it signs, and until the last token that it signed
    /// has expired. MUST NOT contain a shared secret.
    fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey>;
}

/// The ids of the keys that this service signs and verifies tokens with.
pub trait SigningKeys: Send + Sync {
    /// Returns the keys that sign at some time between `from` and `until`.
    fn signers(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<String>;

    /// Returns whether tokens that this key signed are accepted at `now`.
    fn verifies(&self, key: &str, now: DateTime<Utc>) -> bool;
}

/// Stores when each key signed.
pub trait KeyUseRepository {
    /// Records a use. If the key has a record, the earlier beginning and the later ends MUST stay.
    fn record(&mut self, key_use: &KeyUse) -> Result<(), StoreError>;

    /// Ends a use at `at` instead of `signed_until`, unless another service has recorded the key
    /// for longer.
    fn end(&mut self, recorded: &KeyUse, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Returns the uses whose tokens may not have expired at `now`, in the order of the key ids.
    fn unexpired(&mut self, now: DateTime<Utc>) -> Result<Vec<KeyUse>, StoreError>;

    /// Returns whether a session is live at `now` whose current tokens were issued while the key
    /// signed.
    fn has_live_sessions(&mut self, key_use: &KeyUse, now: DateTime<Utc>) -> Result<bool, StoreError>;
}
