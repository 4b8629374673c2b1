//! Sessions of the legacy backend, which continue here without a new login.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{ClientInfo, PresentedToken, Session, SessionError, SessionLifetimes, TokenError};
use crate::ids::{ProfileId, SessionId, TokenId};
use crate::store::{Repositories, Store, in_transaction};

/// The age up to which a former refresh token is taken, whatever expiry it has.
pub const LEGACY_TOKEN_AGE: TimeDelta = TimeDelta::hours(24);

/// What a refresh token of the legacy backend says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyToken {
    /// Its own name, `jti`.
    pub id: TokenId,
    /// Whose it is, `user_id`.
    pub profile_id: ProfileId,
    /// When it was made, `iat`.
    pub issued_at: DateTime<Utc>,
    /// When it expires, `exp`.
    pub expires_at: DateTime<Utc>,
}

/// Reads the legacy backend's refresh tokens.
pub trait LegacyTokenReader: Send + Sync {
    /// What `token` says, if the legacy backend signed it as a refresh token; else `None`. Its times are not
    /// compared with any clock.
    ///
    /// MUST take no token that was made here, not even one signed with the same secret.
    fn read(&self, token: &str) -> Option<LegacyToken>;
}

/// Takes over the legacy backend's sessions.
#[derive(Clone)]
pub struct LegacySessions {
    /// Reads their tokens.
    pub reader: Arc<dyn LegacyTokenReader>,
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// How long sessions live.
    pub lifetimes: SessionLifetimes,
}

impl LegacySessions {
    /// Makes the token the first of a session of ours, as if it had been made here when it was made there. So
    /// it can be used once, and repeated in time, like any other; used again later it is theft, and it takes its
    /// session with it. That needs no list of used tokens: the session's id is derived from the token's.
    ///
    /// A transaction of a few round trips, for one token of each session in the days of the move.
    pub(crate) fn adopt(
        &self,
        legacy: LegacyToken,
        client: &ClientInfo,
        now: DateTime<Utc>,
    ) -> Result<PresentedToken, SessionError> {
        if legacy.issued_at > now {
            return Err(TokenError::Malformed.into());
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
