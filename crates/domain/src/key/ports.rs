use chrono::{DateTime, Utc};

use super::PublicKey;

/// The public halves of the keys that tokens are signed with.
pub trait PublicKeys: Send + Sync {
    /// Every key that a token which is good at `now`, or soon will be, may be signed with.
    ///
    /// MUST hold a key some time before it signs, and until the last token that it signed has expired. MUST NOT hold a
    /// shared secret.
    fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey>;
}
