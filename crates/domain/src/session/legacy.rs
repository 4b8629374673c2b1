//! Sessions of the legacy backend, which continue here without a new login.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ClientInfo, PresentedToken, Session, SessionError, SessionLifetimes, TokenError};
use crate::ids::{ProfileId, SessionId, TokenId};
use crate::store::{Repositories, Store, in_transaction};

/// Maximum age at which a legacy refresh token is accepted, whatever its own expiry.
pub const LEGACY_TOKEN_AGE: TimeDelta = TimeDelta::hours(24);

/// The claims of a refresh token of the legacy backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyToken {
    /// The token's id, `jti`.
    pub id: TokenId,
    /// The account, `user_id`.
    pub profile_id: ProfileId,
    /// When the token was issued, `iat`.
    pub issued_at: DateTime<Utc>,
    /// When the token expires, `exp`.
    pub expires_at: DateTime<Utc>,
}

/// Reads refresh tokens of the legacy backend.
pub trait LegacyTokenReader: Send + Sync {
    /// Returns the claims of `token` if the legacy backend signed it as a refresh token, else
    /// `None`. Its times are not checked.
    ///
    /// MUST accept no token that was issued here, not even one signed with the same secret.
    fn read(&self, token: &str) -> Option<LegacyToken>;
}

/// Adopts sessions of the legacy backend.
#[derive(Clone)]
pub struct LegacySessions {
    /// Reads the tokens.
    pub reader: Arc<dyn LegacyTokenReader>,
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// How long sessions live.
    pub lifetimes: SessionLifetimes,
}

impl LegacySessions {
    /// Makes the token the first one of a session here, as if it had been issued here at that time.
    /// So it can be used once, and repeated within the grace period. A later use is theft and
    /// revokes the session. No list of used tokens is needed, because the session's id is derived
    /// from the token's id.
    ///
    /// A transaction of a few round trips, once per session during the migration.
    pub(crate) fn adopt(
        &self,
        legacy: LegacyToken,
        client: &ClientInfo,
        now: DateTime<Utc>,
    ) -> Result<PresentedToken, SessionError> {
        if legacy.issued_at > now {
            return Err(TokenError::NotYetValid.into());
        }
        in_transaction(&*self.store, |transaction| self.adopt_in(transaction, legacy, client, now))
    }

    fn adopt_in(
        &self,
        transaction: &mut dyn Repositories,
        legacy: LegacyToken,
        client: &ClientInfo,
        now: DateTime<Utc>,
    ) -> Result<PresentedToken, SessionError> {
        let LegacyToken { id: token, profile_id, issued_at, expires_at } = legacy;
        if transaction.legacy_tokens().is_blocked(token)? {
            return Err(TokenError::SessionEnded.into());
        }
        let owner = transaction.sessions().lock_owner(profile_id)?.ok_or(TokenError::SessionEnded)?;
        let shut_out = owner.is_rejected || owner.is_suspended;
        if shut_out || owner.not_before.is_some_and(|moment| issued_at < moment) {
            return Err(TokenError::SessionEnded.into());
        }
        let ends_at = issued_at + self.lifetimes.absolute.of(owner.role);
        let idle = self.lifetimes.idle.of(owner.role).min(LEGACY_TOKEN_AGE);
        let session = Session {
            id: SessionId::of_legacy(token, issued_at),
            profile_id,
            opened_at: issued_at,
            used_at: issued_at,
            expires_at: expires_at.min(issued_at + idle).min(ends_at),
            ends_at,
            client: client.clone(),
        };
        if session.expires_at <= now {
            return Err(TokenError::Expired.into());
        }
        if transaction.sessions().adopt(&session, &token.digest())? {
            transaction.sessions().revoke_oldest(profile_id, session.id, now)?;
        }
        Ok(PresentedToken { profile_id, session: session.id, token, role: owner.role })
    }
}
