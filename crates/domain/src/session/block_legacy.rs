use std::sync::Arc;

use crate::clock::Clock;
use crate::ids::TokenId;
use crate::store::{Store, StoreError};

/// Blocks refresh tokens of the legacy backend, which had blacklisted them. They open no session
/// here.
pub struct BlockLegacyTokens {
    /// Where blocked tokens are kept.
    pub store: Arc<dyn Store>,
    /// Tells when.
    pub clock: Arc<dyn Clock>,
}

impl BlockLegacyTokens {
    /// Maximum number of tokens of one call.
    pub const BATCH: usize = 5000;

    /// Blocks `tokens`, at most [`Self::BATCH`]. Returns how many of them were not blocked before.
    ///
    /// # Errors
    ///
    /// If the store fails; no token of this call is then blocked.
    pub fn run(&self, tokens: &[TokenId]) -> Result<usize, StoreError> {
        self.store.autocommit()?.legacy_tokens().block(tokens, self.clock.now())
    }
}
