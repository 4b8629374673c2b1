use chrono::{DateTime, Utc};

use super::state::State;
use crate::ids::TokenId;
use crate::session::LegacyTokenRepository;
use crate::store::StoreError;

pub(super) struct MemoryLegacyTokens<'a>(pub(super) &'a mut State);

impl LegacyTokenRepository for MemoryLegacyTokens<'_> {
    fn block(&mut self, tokens: &[TokenId], _: DateTime<Utc>) -> Result<usize, StoreError> {
        Ok(tokens.iter().filter(|token| self.0.blocked_legacy_tokens.insert(**token)).count())
    }

    fn is_blocked(&mut self, token: TokenId) -> Result<bool, StoreError> {
        Ok(self.0.blocked_legacy_tokens.contains(&token))
    }
}
