use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{PresentedToken, Rotation, RotationOutcome, SessionError, SessionIssuer, TokenError, TokenPair};
use crate::store::{Store, StoreError, result_of};

/// Exchanges refresh tokens for their successors and new access tokens (RFC 9700 §4.14.2).
pub struct Refresh {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Issues the new tokens.
    pub session_issuer: Arc<SessionIssuer>,
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
        let now = self.session_issuer.clock.now();
        let grace_since = now - grace_window(&*self.store, self.grace);
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
                // The store made one rotation of the session. The same token gets its result,
                // another one a later call.
                RotationOutcome::Rotated(grant)
                    if is_repeated && (one.token != first.token || grant.used_at <= grace_since) =>
                {
                    Err(StoreError::Locked.into())
                }
                RotationOutcome::Rotated(grant) => {
                    Ok(self.session_issuer.pair(one.session, one.token.successor(), grant)?)
                }
                RotationOutcome::Reused if !is_repeated => Err(TokenError::Reused.into()),
                RotationOutcome::Reused | RotationOutcome::NotLive => Err(TokenError::SessionEnded.into()),
            }
        };
        presented.iter().map(answer).collect()
    }

    fn rotation(&self, presented: &PresentedToken, now: DateTime<Utc>) -> Rotation {
        Rotation {
            profile_id: presented.profile_id,
            session: presented.session,
            presented: presented.token.digest(),
            successor: presented.token.successor().digest(),
            expires_at: self.session_issuer.expiry(now, presented.role),
        }
    }
}

/// Returns the grace period, or more if the store has just recovered. The response to a use shortly
/// before the outage may be lost, and the client repeats it now. Such a use gets a grace period from the
/// end of the outage.
pub(crate) fn grace_window(store: &dyn Store, grace: TimeDelta) -> TimeDelta {
    match store.last_outage() {
        Some(outage) if outage.ended_ago < grace => grace.max(outage.began_ago),
        _ => grace,
    }
}
