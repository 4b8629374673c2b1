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
    /// What the access token says.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] for anything but a good access token.
    pub fn run(&self, token: &str) -> Result<Claims, Error> {
        let claims = self.issuer.verify(token, self.clock.now())?;
        if claims.token_type == TokenType::Access { Ok(claims) } else { Err(TokenError::WrongType.into()) }
    }
}
