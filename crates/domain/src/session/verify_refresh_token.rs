use std::sync::Arc;

use super::{
    Claims, ClientInfo, LegacySessions, LegacyToken, PresentedToken, RefreshClaims, SessionError, TokenError,
    TokenIssuer,
};
use crate::clock::Clock;
use crate::ids::ProfileId;
use crate::store::Store;

/// Verifies the refresh tokens that clients send.
#[derive(Clone)]
pub struct VerifyRefreshToken {
    /// Verifies tokens that were issued here.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Adopts sessions of the legacy backend, if there was one.
    pub legacy: Option<LegacySessions>,
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells whether a token has expired.
    pub clock: Arc<dyn Clock>,
}

/// A refresh token with a valid signature. The store checks whether its
/// session is live.
#[derive(Debug, Clone, Copy)]
pub enum RefreshToken {
    /// Issued here.
    Issued(PresentedToken),
    /// Issued by the legacy backend. Its session must be adopted first.
    Legacy(LegacyToken),
}

impl RefreshToken {
    /// Returns the account that the token names.
    #[must_use]
    pub const fn profile_id(&self) -> ProfileId {
        match self {
            Self::Issued(presented) => presented.profile_id,
            Self::Legacy(legacy) => legacy.profile_id,
        }
    }
}

impl VerifyRefreshToken {
    /// Verifies `token` without the store.
    ///
    /// # Errors
    ///
    /// Why the token is not valid.
    pub fn verify(&self, token: &str) -> Result<RefreshToken, TokenError> {
        match self.issuer.verify(token, self.clock.now()) {
            Ok(Claims::Refresh(claims)) => Ok(RefreshToken::Issued(PresentedToken::from(&claims))),
            Ok(Claims::Access(_)) => Err(TokenError::WrongType),
            Err(error) => {
                let legacy = self.legacy.as_ref().and_then(|legacy| legacy.reader.read(token));
                legacy.map(RefreshToken::Legacy).ok_or(error)
            }
        }
    }

    /// Checks that the token is the newest one of a live session. Unlike
    /// [`Refresh`](super::Refresh), changes nothing: an earlier token revokes no session, and is not
    /// accepted within the grace period either.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] if it is not.
    pub fn check_session(&self, claims: &RefreshClaims) -> Result<(), SessionError> {
        let PresentedToken { profile_id, session, token, .. } = PresentedToken::from(claims);
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        if sessions.is_newest(profile_id, session, &token.digest(), self.clock.now())? {
            Ok(())
        } else {
            Err(TokenError::SessionEnded.into())
        }
    }

    /// Adopts the session of a legacy token for `client`. Returns a token that was issued here as
    /// it is.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] if a legacy token is not accepted.
    pub fn adopt(&self, token: RefreshToken, client: &ClientInfo) -> Result<PresentedToken, SessionError> {
        match (token, &self.legacy) {
            (RefreshToken::Issued(presented), _) => Ok(presented),
            (RefreshToken::Legacy(token), Some(legacy)) => legacy.adopt(token, client, self.clock.now()),
            (RefreshToken::Legacy(_), None) => Err(TokenError::BadSignature.into()),
        }
    }
}
