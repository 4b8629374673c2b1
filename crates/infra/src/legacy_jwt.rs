//! Refresh tokens of the legacy Django backend, which `djangorestframework-simplejwt` signed. They
//! are only read.

use chrono::DateTime;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::{ExposeSecret, SecretSlice};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::session::{LegacyToken, LegacyTokenReader};
use uuid::Uuid;

use crate::jwt::{SecretTooShort, check_length};

/// Reads refresh tokens that were signed with a secret (HS256).
pub struct LegacyJwtReader {
    key: DecodingKey,
    validation: Validation,
}

impl LegacyJwtReader {
    /// Creates a reader of tokens that were signed with `secret`: simplejwt's `SIGNING_KEY`, by
    /// default Django's `SECRET_KEY`.
    ///
    /// # Errors
    ///
    /// If the secret has fewer than [`MIN_SECRET_LENGTH`](crate::jwt::MIN_SECRET_LENGTH) bytes.
    pub fn new(secret: &SecretSlice<u8>) -> Result<Self, SecretTooShort> {
        let secret = secret.expose_secret();
        check_length(secret)?;
        let mut validation = Validation::new(Algorithm::HS256);
        // The caller checks the times. By default simplejwt writes no `iss` and no `aud`; the
        // secret identifies the issuer.
        validation.set_required_spec_claims(&["exp"]);
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self { key: DecodingKey::from_secret(secret), validation })
    }
}

impl LegacyTokenReader for LegacyJwtReader {
    fn read(&self, token: &str) -> Option<LegacyToken> {
        let claims = decode::<LegacyClaims>(token, &self.key, &self.validation).ok()?.claims;
        // Only tokens of this service contain a session id.
        if claims.token_type != "refresh" || claims.sid.is_some() {
            return None;
        }
        Some(LegacyToken {
            id: TokenId::parse(&claims.jti)?,
            profile_id: ProfileId::from_uuid(claims.user_id),
            issued_at: DateTime::from_timestamp(claims.iat, 0)?,
            expires_at: DateTime::from_timestamp(claims.exp, 0)?,
        })
    }
}

#[derive(Deserialize)]
struct LegacyClaims {
    token_type: String,
    exp: i64,
    iat: i64,
    jti: String,
    user_id: Uuid,
    sid: Option<IgnoredAny>,
}
