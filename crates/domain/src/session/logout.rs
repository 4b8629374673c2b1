use std::sync::Arc;

use super::{ClientInfo, EndReason, RefreshToken, SessionError, VerifyRefreshToken};
use crate::clock::Clock;
use crate::store::Store;

/// Ends the session of a refresh token (RFC 7009).
#[derive(Clone)]
pub struct Logout {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Takes over sessions of the legacy backend.
    pub tokens: VerifyRefreshToken,
    /// Tells when the session ended.
    pub clock: Arc<dyn Clock>,
}

impl Logout {
    /// Ends the session, if it is live. One that is over already is no error: what was asked for is so (RFC 7009 §2.2).
    pub fn run(&self, token: RefreshToken, client: &ClientInfo) -> Result<(), SessionError> {
        let presented = match self.tokens.adopt(token, client) {
            Err(SessionError::Token(_)) => return Ok(()),
            adopted => adopted?,
        };
        let (now, reason) = (self.clock.now(), EndReason::LoggedOut);
        self.store.autocommit()?.sessions().revoke(presented.profile_id, presented.session, now, reason)?;
        Ok(())
    }
}
