use std::sync::Arc;

use super::{Client, EndReason, RefreshTokens};
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::ProfileId;
use crate::store::Store;

/// Ends the session of a refresh token (RFC 7009).
pub struct Logout {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Reads the token.
    pub tokens: Arc<RefreshTokens>,
    /// Tells when the session ended.
    pub clock: Arc<dyn Clock>,
}

impl Logout {
    /// Ends the session, if the token is a refresh token of one. A token that is unknown, expired or dead
    /// already is no error: what was asked for is so (RFC 7009 §2.2). Returns the account of a token that is good.
    pub fn run(&self, token: &str, client: &Client) -> Result<Option<ProfileId>, Error> {
        let now = self.clock.now();
        let presented = match self.tokens.read(token, client, now) {
            Err(Error::TokenNotValid(_)) => return Ok(None),
            read => read?,
        };
        self.store.autocommit()?.sessions().end(presented.session, now, EndReason::LoggedOut)?;
        Ok(Some(presented.account))
    }
}
