use std::sync::Arc;

use super::{PublicKey, PublicKeys};
use crate::clock::Clock;

/// Lists the keys by which others verify tokens.
#[derive(Clone)]
pub struct ListPublicKeys {
    /// Has them.
    pub keys: Arc<dyn PublicKeys>,
    /// Tells which of them count by now.
    pub clock: Arc<dyn Clock>,
}

impl ListPublicKeys {
    /// The keys of this moment; none if tokens are signed with a shared secret alone.
    #[must_use]
    pub fn run(&self) -> Vec<PublicKey> {
        self.keys.published(self.clock.now())
    }
}
