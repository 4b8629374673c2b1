//! The tokens of staff.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sihha_domain::ids::{SessionId, StaffId, TokenId};
use sihha_domain::session::{SigningError, Token, TokenError};
use sihha_domain::staff::{StaffClaims, StaffRole, StaffTokenIssuer, StaffTokenKind};
use uuid::Uuid;

use super::key_ring::KeyRing;
use super::typ::TokenTyp;

/// How staff authenticate (RFC 8176 §2): a password and a one-time password.
const METHODS: [&str; 2] = ["pwd", "otp"];

/// The claims in their JSON form. There is no `user_id`, so no service takes a token of staff for an
/// account's.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    token_type: String,
    exp: i64,
    iat: i64,
    jti: String,
    sub: Uuid,
    sid: Uuid,
    role: String,
    is_staff: bool,
    /// Only for consumers.
    #[serde(skip_deserializing)]
    amr: [&'static str; 2],
    /// Only for consumers: `sid` contains it.
    #[serde(skip_deserializing)]
    auth_time: i64,
    iss: String,
    aud: String,
    /// `refresh` for a refresh token: `flask-jwt-extended` does not read `token_type`.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
}

impl WireClaims {
    fn claims(&self) -> Option<StaffClaims> {
        Some(StaffClaims {
            kind: StaffTokenKind::ALL.into_iter().find(|kind| kind.as_str() == self.token_type)?,
            id: TokenId::parse(&self.jti)?,
            staff_id: StaffId::from_uuid(self.sub),
            session: SessionId::from_uuid(self.sid),
            role: StaffRole::parse(&self.role)?,
            issued_at: DateTime::from_timestamp(self.iat, 0)?,
            expires_at: DateTime::from_timestamp(self.exp, 0)?,
        })
    }
}

/// Signs the tokens of staff with the service's keys, and verifies those that it signed.
pub struct StaffJwtIssuer {
    keys: Arc<KeyRing>,
    name: String,
    audience: String,
}

impl StaffJwtIssuer {
    /// Creates an issuer with a name (the `iss` claim). The audience of its tokens is `<name>/staff`.
    #[must_use]
    pub fn new(name: &str, keys: Arc<KeyRing>) -> Self {
        Self { keys, name: name.to_owned(), audience: format!("{name}/staff") }
    }
}

impl StaffTokenIssuer for StaffJwtIssuer {
    fn issue(&self, claims: &StaffClaims) -> Result<Token, SigningError> {
        let is_refresh = claims.kind == StaffTokenKind::Refresh;
        let wire = WireClaims {
            token_type: claims.kind.as_str().to_owned(),
            exp: claims.expires_at.timestamp(),
            iat: claims.issued_at.timestamp(),
            jti: claims.id.to_string(),
            sub: claims.staff_id.as_uuid(),
            sid: claims.session.as_uuid(),
            role: claims.role.as_str().to_owned(),
            is_staff: true,
            amr: METHODS,
            auth_time: claims.session.opened_at().timestamp(),
            iss: self.name.clone(),
            aud: self.audience.clone(),
            r#type: is_refresh.then_some(StaffTokenKind::Refresh.as_str()),
        };
        let typ = if is_refresh { TokenTyp::Refresh } else { TokenTyp::Jwt };
        self.keys.sign(typ, &wire).map(Token::new).ok_or(SigningError)
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<StaffClaims, TokenError> {
        let (typ, wire): (_, WireClaims) = self.keys.verify(token, now)?;
        let claims = wire.claims().filter(|_| wire.is_staff).ok_or(TokenError::Malformed)?;
        let is_typ = match typ {
            TokenTyp::Jwt => true,
            TokenTyp::Access => false,
            TokenTyp::Refresh => claims.kind == StaffTokenKind::Refresh,
        };
        if !is_typ {
            return Err(TokenError::WrongType);
        }
        if wire.iss != self.name {
            return Err(TokenError::WrongIssuer);
        }
        if wire.aud != self.audience {
            return Err(TokenError::WrongAudience);
        }
        if claims.expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }
}
