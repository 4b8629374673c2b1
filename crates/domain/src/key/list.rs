use std::sync::Arc;

use super::{PublicKey, PublicKeys};
use crate::clock::Clock;

/// Lists the keys that verify tokens.
pub struct ListPublicKeys {
    /// Has the keys.
    pub keys: Arc<dyn PublicKeys>,
    /// Tells which keys are published now.
    pub clock: Arc<dyn Clock>,
}

impl ListPublicKeys {
    /// Returns the keys that are published now; none if tokens are signed with a shared secret
    /// only.
    #[must_use]
    pub fn run(&self) -> Vec<PublicKey> {
        self.keys.published(self.clock.now())
    }
}
