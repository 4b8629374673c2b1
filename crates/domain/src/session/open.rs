use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{Claims, Token, TokenIssuer, TokenPair, TokenType};
use crate::account::Role;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::{ProfileId, Randomness, TokenId};

/// How long tokens live.
#[derive(Debug, Clone, Copy)]
pub struct TokenLifetimes {
    /// An access token's life.
    pub access: TimeDelta,
    /// A refresh token's life.
    pub refresh: TimeDelta,
}

/// Opens sessions: makes the tokens of a login.
pub struct Sessions {
    /// Signs the tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Tells when they begin.
    pub clock: Arc<dyn Clock>,
    /// Makes their ids.
    pub randomness: Arc<dyn Randomness>,
    /// How long they live.
    pub lifetimes: TokenLifetimes,
}

impl Sessions {
    /// A pair of tokens for the account `id`.
    pub fn open(&self, id: ProfileId, role: Role) -> Result<TokenPair, Error> {
        let now = self.clock.now().trunc_subsecs(0);
        Ok(TokenPair {
            access: self.issue(TokenType::Access, id, role, now, self.lifetimes.access)?,
            refresh: self.issue(TokenType::Refresh, id, role, now, self.lifetimes.refresh)?,
        })
    }

    fn issue(
        &self,
        token_type: TokenType,
        user_id: ProfileId,
        role: Role,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> Result<Token, Error> {
        let id = TokenId::generate(&*self.randomness);
        self.issuer.issue(&Claims { token_type, id, user_id, role, issued_at: now, expires_at: now + life })
    }
}
