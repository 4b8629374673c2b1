use std::sync::Arc;

use super::{Caller, Claims, TokenError, TokenIssuer};
use crate::clock::Clock;

/// Authenticates the caller of a request.
#[derive(Clone)]
pub struct Authenticate {
    /// Verifies the token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Tells whether the token has expired.
    pub clock: Arc<dyn Clock>,
}

impl Authenticate {
    /// Returns the claims of a valid token of either kind.
    ///
    /// # Errors
    ///
    /// Why the token is not valid.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.issuer.verify(token, self.clock.now())
    }

    /// Returns the caller that an access token names. Whether the session is still live is for the
    /// store to say, together with the data that the caller asks for.
    ///
    /// # Errors
    ///
    /// Why the token is not a valid access token.
    pub fn run(&self, token: &str) -> Result<Caller, TokenError> {
        match self.verify(token)? {
            Claims::Access(claims) => Ok(Caller::from(&claims)),
            Claims::Refresh(_) => Err(TokenError::WrongType),
        }
    }
}
