use std::sync::Arc;

use super::{
    Claims, ClientInfo, LegacySessions, LegacyToken, PresentedToken, RefreshClaims, SessionError, TokenError,
    TokenIssuer,
};
use crate::clock::Clock;
use crate::ids::ProfileId;

/// Reads the refresh tokens that clients present.
#[derive(Clone)]
pub struct VerifyRefreshToken {
    /// Reads those made here.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Takes over those of the backend before this one, if there was one.
    pub legacy: Option<LegacySessions>,
    /// Tells whether they are still good.
    pub clock: Arc<dyn Clock>,
}

/// A refresh token whose signature is right. Whether its session is live is for the store to say.
#[derive(Debug, Clone, Copy)]
pub enum RefreshToken {
    /// Made here.
    Own(PresentedToken),
    /// Made by the backend before this one. Its session has to be taken over first.
    Legacy(LegacyToken),
}

impl RefreshToken {
    /// The account that the token names.
    #[must_use]
    pub const fn profile_id(&self) -> ProfileId {
        match self {
            Self::Own(presented) => presented.profile_id,
            Self::Legacy(legacy) => legacy.profile_id,
        }
    }
}

impl VerifyRefreshToken {
    /// Reads `token`. The store is not asked.
    ///
    /// # Errors
    ///
    /// Why it is worthless.
    pub fn read(&self, token: &str) -> Result<RefreshToken, TokenError> {
        match self.issuer.verify(token, self.clock.now()) {
            Ok(Claims::Refresh(RefreshClaims(claims))) => Ok(RefreshToken::Own(PresentedToken {
                profile_id: claims.profile_id,
                session: claims.session,
                token: claims.id,
                role: claims.role,
            })),
            Ok(Claims::Access(_)) => Err(TokenError::WrongType),
            Err(error) => {
                let legacy = self.legacy.as_ref().and_then(|legacy| legacy.reader.read(token));
                legacy.map(RefreshToken::Legacy).ok_or(error)
            }
        }
    }

    /// Takes over the session of a token of the legacy backend, for `client`. A token made here is returned as it is.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] for a legacy token that is not taken.
    pub fn adopt(&self, token: RefreshToken, client: &ClientInfo) -> Result<PresentedToken, SessionError> {
        match (token, &self.legacy) {
            (RefreshToken::Own(presented), _) => Ok(presented),
            (RefreshToken::Legacy(token), Some(legacy)) => legacy.adopt(token, client, self.clock.now()),
            (RefreshToken::Legacy(_), None) => Err(TokenError::BadSignature.into()),
        }
    }
}
