use std::sync::Arc;

use chrono::{DateTime, Utc};
use sihha_domain::session::{Claims, SigningError, Token, TokenError, TokenIssuer};

use super::claims::{Audience, WireClaims};
use super::key_ring::KeyRing;

/// Signs tokens, and verifies the tokens that it signed.
pub struct JwtIssuer {
    keys: Arc<KeyRing>,
    name: String,
    audiences: Vec<String>,
}

impl JwtIssuer {
    /// Creates an issuer with a name (the `iss` claim). Its access tokens have `audiences` as their
    /// `aud` claim, if there are any. Its refresh tokens are only for itself, and have no audience.
    #[must_use]
    pub fn new(name: &str, audiences: &[String], keys: Arc<KeyRing>) -> Self {
        Self { keys, name: name.to_owned(), audiences: audiences.to_vec() }
    }

    /// Returns whether a token is for this service (RFC 7519 §4.1.3). A refresh token needs no
    /// audience, so that the audience can be set, changed and removed without logging users out.
    fn is_for_us(&self, audience: Option<&Audience>, claims: &Claims) -> bool {
        match audience {
            Some(audience) => audience.has_one_of(&self.audiences),
            None => self.audiences.is_empty() || matches!(claims, Claims::Refresh(_)),
        }
    }
}

impl TokenIssuer for JwtIssuer {
    fn issue(&self, claims: &Claims) -> Result<Token, SigningError> {
        let audience = match claims {
            Claims::Access(_) => Audience::of(&self.audiences),
            Claims::Refresh(_) => None,
        };
        let claims = WireClaims::new(claims, &self.name, audience);
        self.keys.sign(&claims).map(Token::new).ok_or(SigningError)
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let wire: WireClaims = self.keys.verify(token, now)?;
        let claims = wire.claims().ok_or(TokenError::Malformed)?;
        if wire.iss != self.name {
            return Err(TokenError::WrongIssuer);
        }
        if !self.is_for_us(wire.aud.as_ref(), &claims) {
            return Err(TokenError::WrongAudience);
        }
        if wire.nbf.is_some_and(|from| now.timestamp() < from) {
            return Err(TokenError::NotYetValid);
        }
        if claims.common().expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }
}
