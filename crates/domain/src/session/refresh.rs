use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::verify_refresh_token::PresentedToken;
use super::{Rotation, RotationOutcome, SessionError, SessionIssuer, TokenError, TokenPair};
use crate::store::{Store, StoreError, result_of};

/// Exchanges refresh tokens for their successors and new access tokens (RFC 9700 §4.14.2).
#[derive(Clone)]
pub struct Refresh {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Makes the new tokens.
    pub sessions: Arc<SessionIssuer>,
    /// How long after its use a token may be presented again: an answer was lost, or two tabs asked at once.
    pub grace: TimeDelta,
}

impl Refresh {
    /// Uses the tokens up. One statement, one round trip and one durable commit, however many they are; a second
    /// round trip if a session is not live or is locked.
    ///
    /// A token presented again within the grace period gets the same successor; time in which the store could not answer
    /// does not count. Later it is theft, of this
    /// token or of a later one: the whole session ends.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] for anything but the newest refresh token of a live session; [`StoreError::Locked`] for
    /// a session that another transaction uses at this moment, or another token of this call: ask again.
    #[must_use]
    pub fn run(&self, presented: &[PresentedToken]) -> Vec<Result<TokenPair, SessionError>> {
        let now = self.sessions.clock.now();
        let grace_since = now - self.window();
        let mut first_of = HashMap::with_capacity(presented.len());
        let mut rotations = Vec::with_capacity(presented.len());
        for one in presented {
            first_of.entry(one.session).or_insert_with(|| {
                rotations.push(self.rotation(one, now));
                one
            });
        }
        let results = self.store.autocommit();
        let results = results.and_then(|mut open| open.sessions().rotate(&rotations, now, grace_since));
        let answer = |one: &PresentedToken| {
            let first = first_of[&one.session];
            let is_repeated = !std::ptr::eq(first, one);
            match result_of(&results, one.session)? {
                // The store made one rotation of the session. The same token gets its result, another one a later call.
                RotationOutcome::Rotated(granted)
                    if is_repeated && (one.token != first.token || granted.used_at <= grace_since) =>
                {
                    Err(StoreError::Locked.into())
                }
                RotationOutcome::Rotated(granted) => {
                    Ok(self.sessions.pair(one.session, one.token.successor(), granted)?)
                }
                RotationOutcome::Reused if !is_repeated => Err(TokenError::Reused.into()),
                RotationOutcome::Reused | RotationOutcome::NotLive => Err(TokenError::SessionEnded.into()),
            }
        };
        presented.iter().map(answer).collect()
    }

    /// The grace period, or more while the store has just come back: the answer to a use that was made shortly before may
    /// have been lost, and its client repeats it now. Such a use gets a grace period from the end of the outage.
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
}
