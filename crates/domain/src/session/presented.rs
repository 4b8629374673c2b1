use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Client, FormerSessions, TokenError, TokenIssuer, TokenType};
use crate::account::Role;
use crate::error::Error;
use crate::ids::{ProfileId, SessionId, TokenId};

/// Reads the refresh tokens that clients present.
pub struct RefreshTokens {
    /// Reads those made here.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Takes over those of the backend before this one, if there was one.
    pub former: Option<FormerSessions>,
}

/// A good refresh token. Whether its session is live is for the store to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presented {
    pub(crate) session: SessionId,
    pub(crate) token: TokenId,
    pub(crate) account: ProfileId,
    pub(crate) role: Role,
}

impl RefreshTokens {
    pub(crate) fn read(&self, token: &str, client: &Client, now: DateTime<Utc>) -> Result<Presented, Error> {
        match self.issuer.verify(token, now) {
            Ok(claims) if claims.token_type == TokenType::Refresh => {
                let (account, role) = (claims.user_id, claims.role);
                Ok(Presented { session: claims.session, token: claims.id, account, role })
            }
            Ok(_) => Err(TokenError::WrongType.into()),
            Err(error) => self.read_former(token, client, now).unwrap_or_else(|| Err(error.into())),
        }
    }

    /// `None` for what the former backend did not sign.
    fn read_former(
        &self,
        token: &str,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Option<Result<Presented, Error>> {
        let former = self.former.as_ref()?;
        let token = former.reader.read(token)?;
        Some(former.adopt(token, client, now))
    }
}
