use std::sync::Arc;

use super::{Claims, TokenError, TokenIssuer, TokenType};
use crate::clock::Clock;
use crate::error::Error;

/// Tells who a request comes from.
pub struct Authenticate {
    /// Reads the token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Tells whether it is still good.
    pub clock: Arc<dyn Clock>,
}

impl Authenticate {
    /// What a good token of either type says.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] for anything else.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        Ok(self.issuer.verify(token, self.clock.now())?)
    }

    /// What the access token says. Whether its session is still live is for the store to say, together with
    /// whatever it is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] for anything but a good access token.
    pub fn run(&self, token: &str) -> Result<Claims, Error> {
        let claims = self.verify(token)?;
        if claims.token_type == TokenType::Access { Ok(claims) } else { Err(TokenError::WrongType.into()) }
    }
}
