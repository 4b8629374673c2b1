use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::presented::Presented;
use super::{Client, EndReason, RefreshTokens, Rotated, Rotation, Sessions, TokenError, TokenPair};
use crate::error::Error;
use crate::ids::ProfileId;
use crate::store::{Repositories, Store, StoreError};

/// Exchanges refresh tokens for their successors and new access tokens (RFC 9700 §4.14.2).
pub struct Refresh {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Reads the tokens.
    pub tokens: Arc<RefreshTokens>,
    /// Makes the new ones.
    pub sessions: Arc<Sessions>,
    /// How long after its use a token may be presented again: an answer was lost, or two tabs asked at once.
    pub grace: TimeDelta,
}

/// What somebody sends to refresh a session.
#[derive(Debug)]
pub struct RefreshAttempt {
    /// The refresh token.
    pub token: String,
    /// Who sent it: opens the session that a former backend's token begins.
    pub client: Client,
}

/// What came of one attempt.
#[derive(Debug)]
pub struct RefreshOutcome {
    /// The account of the token, if it was valid. Only for the log.
    pub account: Option<ProfileId>,
    /// The new tokens.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] for anything but the newest refresh token of a live session.
    pub tokens: Result<TokenPair, Error>,
}

impl Refresh {
    /// Uses the tokens up. One statement, one round trip and one durable commit, however many they are; a second
    /// one for a token that is not good, and three more before for one of a former backend.
    ///
    /// A token presented again within the grace period gets the same successor. Later it is theft, of this
    /// token or of a later one: the whole session ends.
    #[must_use]
    pub fn run(&self, attempts: &[RefreshAttempt]) -> Vec<RefreshOutcome> {
        let now = self.sessions.clock.now();
        let read = |attempt: &RefreshAttempt| self.tokens.read(&attempt.token, &attempt.client, now);
        let presented: Vec<Result<Presented, Error>> = attempts.iter().map(read).collect();
        let rotations: Vec<Rotation> =
            presented.iter().flatten().map(|presented| self.rotation(*presented, now)).collect();
        let mut repositories = match self.store.autocommit() {
            Ok(repositories) => repositories,
            Err(error) => {
                return presented
                    .into_iter()
                    .map(|one| outcome(one, |_| Err(error.clone().into())))
                    .collect();
            }
        };
        let mut rotated = repositories.sessions().rotate(&rotations, now, now - self.grace).into_iter();
        let mut answer = |presented| {
            let rotated = rotated.next().unwrap_or(Ok(None));
            self.answer(&mut *repositories, presented, rotated, now)
        };
        presented.into_iter().map(|presented| outcome(presented, &mut answer)).collect()
    }

    fn rotation(&self, presented: Presented, now: DateTime<Utc>) -> Rotation {
        Rotation {
            session: presented.session,
            presented: presented.token.digest(),
            successor: presented.token.successor().digest(),
            expires_at: self.sessions.expiry(now, presented.role),
        }
    }

    fn answer(
        &self,
        repositories: &mut dyn Repositories,
        presented: Presented,
        rotated: Result<Option<Rotated>, StoreError>,
        now: DateTime<Utc>,
    ) -> Result<TokenPair, Error> {
        if let Some(rotated) = rotated? {
            return self.sessions.pair(presented.session, presented.token.successor(), rotated);
        }
        // A session that is still live has a newer token, which somebody else may hold.
        let was_live = repositories.sessions().end(presented.session, now, EndReason::TokenReused)?;
        Err(if was_live { TokenError::Reused } else { TokenError::SessionEnded }.into())
    }
}

/// Answers what was presented, if it is a good token.
fn outcome(
    presented: Result<Presented, Error>,
    answer: impl FnOnce(Presented) -> Result<TokenPair, Error>,
) -> RefreshOutcome {
    let account = presented.as_ref().ok().map(|presented| presented.account);
    RefreshOutcome { account, tokens: presented.and_then(answer) }
}
