use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use sihha_domain::ids::TokenId;
use sihha_domain::session::LegacyTokenRepository;
use sihha_domain::store::StoreError;

use super::schema::blocked_legacy_tokens::dsl::{blocked_at, blocked_legacy_tokens, token};
use super::store_connection::StoreConnection;

/// The repository on a connection.
pub(super) struct PgLegacyTokens<'a>(pub(super) &'a mut StoreConnection);

impl LegacyTokenRepository for PgLegacyTokens<'_> {
    fn block(&mut self, tokens: &[TokenId], at: DateTime<Utc>) -> Result<usize, StoreError> {
        let digests: Vec<_> = tokens.iter().map(|id| id.digest()).collect();
        let rows: Vec<_> = digests
            .iter()
            .map(|digest| (token.eq(digest.as_bytes().as_slice()), blocked_at.eq(at)))
            .collect();
        let insert = diesel::insert_into(blocked_legacy_tokens).values(rows).on_conflict_do_nothing();
        self.0.run(|pg| insert.execute(pg))
    }

    fn is_blocked(&mut self, id: TokenId) -> Result<bool, StoreError> {
        let digest = id.digest();
        let row = blocked_legacy_tokens.find(digest.as_bytes().as_slice());
        self.0.run(|pg| diesel::select(exists(row)).get_result(pg))
    }
}
