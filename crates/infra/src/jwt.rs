//! Tokens as signed JWTs (RFC 7519), HS256.

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sihha_domain::Error;
use sihha_domain::account::Role;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::session::{Claims, Token, TokenError, TokenIssuer, TokenType};
use uuid::Uuid;

/// Least length of a secret in bytes: that of the hash (RFC 7518 §3.2).
pub const MIN_SECRET_LENGTH: usize = 32;

/// The secret is too short to sign with.
#[derive(Debug, thiserror::Error)]
#[error("the JWT secret has {length} bytes, but must have at least {MIN_SECRET_LENGTH}")]
pub struct SecretTooShort {
    /// Its length in bytes.
    pub length: usize,
}

/// Signs and reads tokens with one secret.
pub struct JwtIssuer {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    name: String,
}

impl JwtIssuer {
    /// An issuer of that name (the `iss` claim), which signs with `secret`.
    ///
    /// # Errors
    ///
    /// If the secret has fewer than [`MIN_SECRET_LENGTH`] bytes.
    pub fn new(name: &str, secret: &SecretSlice<u8>) -> Result<Self, SecretTooShort> {
        let secret = secret.expose_secret();
        if secret.len() < MIN_SECRET_LENGTH {
            return Err(SecretTooShort { length: secret.len() });
        }
        // One algorithm, whatever a token's header says (RFC 8725 §3.1).
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[name]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        // Expiry is compared with the clock that the caller hands in.
        validation.validate_exp = false;
        Ok(Self {
            header: Header::new(Algorithm::HS256),
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            validation,
            name: name.to_owned(),
        })
    }
}

impl TokenIssuer for JwtIssuer {
    fn issue(&self, claims: &Claims) -> Result<Token, Error> {
        let claims = WireClaims::new(claims, &self.name);
        encode(&self.header, &claims, &self.signing).map(Token::new).map_err(|_| Error::Signing)
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let data = decode::<WireClaims>(token, &self.verifying, &self.validation);
        let claims = data.map_err(|error| why(error.kind()))?.claims.claims().ok_or(TokenError::Malformed)?;
        if claims.expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }
}

fn why(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            TokenError::BadSignature
        }
        ErrorKind::InvalidIssuer => TokenError::WrongIssuer,
        _ => TokenError::Malformed,
    }
}

/// The claims as the contract writes them.
#[expect(clippy::struct_excessive_bools, reason = "the contract has a flag for each role")]
#[derive(Serialize, Deserialize)]
struct WireClaims {
    token_type: String,
    exp: i64,
    iat: i64,
    jti: String,
    user_id: Uuid,
    sid: Uuid,
    role: String,
    is_approved: bool,
    iss: String,
    #[serde(rename = "isPatient", default, skip_serializing_if = "is_false")]
    is_patient: bool,
    #[serde(rename = "isDoctor", default, skip_serializing_if = "is_false")]
    is_doctor: bool,
    #[serde(rename = "isHospital", default, skip_serializing_if = "is_false")]
    is_hospital: bool,
    #[serde(rename = "isLabo", default, skip_serializing_if = "is_false")]
    is_labo: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl WireClaims {
    fn new(claims: &Claims, issuer: &str) -> Self {
        Self {
            token_type: claims.token_type.as_str().to_owned(),
            exp: claims.expires_at.timestamp(),
            iat: claims.issued_at.timestamp(),
            jti: claims.id.to_string(),
            user_id: claims.user_id.as_uuid(),
            sid: claims.session.as_uuid(),
            role: claims.role.as_str().to_owned(),
            is_approved: claims.is_approved,
            iss: issuer.to_owned(),
            is_patient: claims.role == Role::Patient,
            is_doctor: claims.role == Role::Doctor,
            is_hospital: claims.role == Role::Hospital,
            is_labo: claims.role == Role::Labo,
        }
    }

    fn claims(&self) -> Option<Claims> {
        let role = Role::parse(&self.role)?;
        let flags = [
            (Role::Patient, self.is_patient),
            (Role::Doctor, self.is_doctor),
            (Role::Hospital, self.is_hospital),
            (Role::Labo, self.is_labo),
        ];
        if flags.iter().any(|(flagged, set)| *set != (*flagged == role)) {
            return None;
        }
        let token_type = [TokenType::Access, TokenType::Refresh]
            .into_iter()
            .find(|token_type| token_type.as_str() == self.token_type)?;
        Some(Claims {
            token_type,
            id: TokenId::parse(&self.jti)?,
            user_id: ProfileId::from_uuid(self.user_id),
            session: SessionId::from_uuid(self.sid),
            role,
            is_approved: self.is_approved,
            issued_at: DateTime::from_timestamp(self.iat, 0)?,
            expires_at: DateTime::from_timestamp(self.exp, 0)?,
        })
    }
}
