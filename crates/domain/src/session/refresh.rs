use std::sync::Arc;

use chrono::TimeDelta;

use super::{Client, EndReason, RefreshTokens, Rotation, Sessions, TokenError, TokenPair};
use crate::error::Error;
use crate::store::Store;

/// Exchanges a refresh token for its successor and a new access token (RFC 9700 §4.14.2).
pub struct Refresh {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Reads the token.
    pub tokens: Arc<RefreshTokens>,
    /// Makes the new ones.
    pub sessions: Arc<Sessions>,
    /// How long after its use a token may be presented again: an answer was lost, or two tabs asked at once.
    pub grace: TimeDelta,
}

impl Refresh {
    /// Uses the token up, in one round trip to the store. `client` is who opens the session that a former
    /// backend's token begins.
    ///
    /// Presented again within the grace period it gets the same successor. Later it is theft, of this token
    /// or of a later one: the whole session ends.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] for anything but the newest refresh token of a live session.
    pub fn run(&self, token: &str, client: &Client) -> Result<TokenPair, Error> {
        let now = self.sessions.clock.now();
        let presented = self.tokens.read(token, client, now)?;
        let successor = presented.token.successor();
        let rotation = Rotation {
            session: presented.session,
            presented: presented.token.digest(),
            successor: successor.digest(),
            now,
            expires_at: self.sessions.expiry(now, presented.role),
            grace_since: now - self.grace,
        };
        let mut repositories = self.store.autocommit()?;
        if let Some(rotated) = repositories.sessions().rotate(&rotation)? {
            return self.sessions.pair(presented.session, successor, rotated);
        }
        // A session that is still live has a newer token, which somebody else may hold.
        let was_live = repositories.sessions().end(presented.session, now, EndReason::TokenReused)?;
        Err(if was_live { TokenError::Reused } else { TokenError::SessionEnded }.into())
    }
}
