use std::sync::Arc;

use super::{ClientInfo, EndReason, RefreshToken, SessionError, VerifyRefreshToken};
use crate::clock::Clock;
use crate::store::Store;

/// Revokes the session of a refresh token (RFC 7009).
pub struct Logout {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Adopts sessions of the legacy backend.
    pub verify_refresh_token: VerifyRefreshToken,
    /// Tells when the session was revoked.
    pub clock: Arc<dyn Clock>,
}

impl Logout {
    /// Revokes the session if it is live. A session that has ended is no error (RFC 7009 §2.2).
    pub fn run(&self, token: RefreshToken, client: &ClientInfo) -> Result<(), SessionError> {
        let presented = match self.verify_refresh_token.adopt(token, client) {
            Err(SessionError::Token(_)) => return Ok(()),
            adopted => adopted?,
        };
        let (now, reason) = (self.clock.now(), EndReason::LoggedOut);
        self.store.autocommit()?.sessions().revoke(presented.profile_id, presented.session, now, reason)?;
        Ok(())
    }
}
