//! Tokens as signed JWTs (RFC 7519): HS256 with a secret, EdDSA and ES256 with the keys of a folder.
//!
//! A key is added to the folder, signs some time later, is followed by a newer one, and is retired. It goes on verifying
//! until its last token has expired, so nobody is logged out on the way (`docs/adr/0012-keys.md`).

mod claims;
mod key;
mod key_ring;
mod key_set;
mod key_store;
mod lifecycle;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sihha_domain::session::{Claims, SigningError, Token, TokenError, TokenIssuer};

use self::claims::{Audience, WireClaims};
pub use self::key::{InvalidKeyError, KeyAlgorithm, SecretTooShort, generate_secret};
pub use self::key_ring::{KeyRing, KeyRingError, KeySources};
pub use self::key_set::KeyInfo;
pub use self::key_store::{ACTIVATION_DELAY, KeyStore, KeyStoreError};
pub use self::lifecycle::{InvalidTimestampError, KeyState};

/// Least length of a secret in bytes: that of the hash (RFC 7518 §3.2).
pub const MIN_SECRET_LENGTH: usize = 32;

/// Signs tokens, and reads those it signed.
pub struct JwtIssuer {
    keys: Arc<KeyRing>,
    name: String,
    audiences: Vec<String>,
}

impl JwtIssuer {
    /// An issuer of that name (the `iss` claim). Its access tokens are for `audiences` (the `aud` claim), if there are
    /// any; its refresh tokens are for itself alone, and name none.
    #[must_use]
    pub fn new(name: &str, audiences: &[String], keys: Arc<KeyRing>) -> Self {
        Self { keys, name: name.to_owned(), audiences: audiences.to_vec() }
    }

    /// A token for others is none for this service (RFC 7519 §4.1.3). A refresh token needs no audience: so the name can be
    /// given, changed and taken away without logging anybody out.
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
