use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{PresentedToken, Rotation, RotationOutcome, SessionError, SessionIssuer, TokenError, TokenPair};
use crate::store::{Store, StoreError};

/// Exchanges refresh tokens for their successors and new access tokens (RFC 9700 §4.14.2).
#[derive(Clone)]
pub struct Refresh {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Issues the new tokens.
    pub sessions: Arc<SessionIssuer>,
    /// How long after its use a token may be used again: a response was lost, or two tabs refreshed
    /// together.
    pub grace: TimeDelta,
}

impl Refresh {
    /// Replaces each token by its successor. One statement, one round trip and one durable commit,
    /// however many they are; a second round trip if a session is not live or is locked.
    ///
    /// A token that is used again within the grace period gets the same successor. Time in which
    /// the store could not answer does not count. A later use is theft, of this token or of its
    /// successor, and revokes the session.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] for anything but the current refresh token of a live session;
    /// [`StoreError::Locked`] for a session that another transaction or another token of this call
    /// uses now: try again.
    #[must_use]
    pub fn run(&self, presented: &[PresentedToken]) -> Vec<Result<TokenPair, SessionError>> {
        let now = self.sessions.clock.now();
        let rotations: Vec<Rotation> = presented.iter().map(|one| self.rotation(one, now)).collect();
        let outcomes = match self.store.autocommit() {
            Ok(mut repositories) => repositories.sessions().rotate(&rotations, now, now - self.window()),
            Err(error) => presented.iter().map(|_| Err(error.clone())).collect(),
        };
        presented.iter().zip(outcomes).map(|(one, outcome)| self.answer(one, outcome)).collect()
    }

    /// Returns the grace period, or more if the store has just recovered. The response to a use
    /// shortly before the outage may be lost, and the client repeats it now. Such a use gets a
    /// grace period from the end of the outage.
    fn window(&self) -> TimeDelta {
        match self.store.last_outage() {
            Some(outage) if outage.ended_ago < self.grace => self.grace.max(outage.began_ago),
            _ => self.grace,
        }
    }

    fn rotation(&self, presented: &PresentedToken, now: DateTime<Utc>) -> Rotation {
        Rotation {
            profile_id: presented.profile_id,
            session: presented.session,
            presented: presented.token.digest(),
            successor: presented.token.successor().digest(),
            expires_at: self.sessions.expiry(now, presented.role),
        }
    }

    fn answer(
        &self,
        presented: &PresentedToken,
        outcome: Result<RotationOutcome, StoreError>,
    ) -> Result<TokenPair, SessionError> {
        match outcome? {
            RotationOutcome::Rotated(rotated) => {
                Ok(self.sessions.pair(presented.session, presented.token.successor(), rotated)?)
            }
            RotationOutcome::Reused => Err(TokenError::Reused.into()),
            RotationOutcome::NotLive => Err(TokenError::SessionEnded.into()),
        }
    }
}
