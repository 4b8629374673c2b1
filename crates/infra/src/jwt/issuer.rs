use std::sync::Arc;

use chrono::{DateTime, Utc};
use sihha_domain::session::{Claims, SigningError, Token, TokenError, TokenIssuer};

use super::claims::{Audience, WireClaims};
use super::key_ring::KeyRing;
use super::typ::TokenTyp;

/// Signs tokens, and verifies the tokens that it signed.
pub struct JwtIssuer {
    keys: Arc<KeyRing>,
    name: String,
    audiences: Vec<String>,
    is_audience_required: bool,
    access_typ: TokenTyp,
}

impl JwtIssuer {
    /// Creates an issuer with a name (the `iss` claim). Its access tokens have `audiences` as their
    /// `aud` claim, if there are any. Its refresh tokens are only for itself, and have no audience.
    #[must_use]
    pub fn new(name: &str, audiences: &[String], keys: Arc<KeyRing>) -> Self {
        Self {
            keys,
            name: name.to_owned(),
            audiences: audiences.to_vec(),
            is_audience_required: !audiences.is_empty(),
            access_typ: TokenTyp::Jwt,
        }
    }

    /// Issues access tokens of another type. Those of [`TokenTyp::Access`] have the claims that RFC
    /// 9068 requires: their audience is the issuer itself if there is no other one.
    #[must_use]
    pub fn with_access_typ(mut self, typ: TokenTyp) -> Self {
        if typ == TokenTyp::Access && self.audiences.is_empty() {
            self.audiences.push(self.name.clone());
        }
        self.access_typ = typ;
        self
    }

    /// Returns whether a token is for this service (RFC 7519 §4.1.3). A refresh token needs no
    /// audience, so that the audience can be set, changed and removed without logging users out. A
    /// token with a scope is for this service only.
    fn is_for_us(&self, audience: Option<&Audience>, claims: &Claims) -> bool {
        match audience {
            audience if claims.common().scope.is_some() => {
                audience.is_some_and(|audience| audience.has_one_of(std::slice::from_ref(&self.name)))
            }
            Some(audience) => audience.has_one_of(&self.audiences),
            None => !self.is_audience_required || matches!(claims, Claims::Refresh(_)),
        }
    }

    /// Returns whether tokens of type `typ` may have these claims. Tokens of earlier releases are a
    /// `JWT`.
    fn is_typ_of(&self, typ: TokenTyp, claims: &Claims) -> bool {
        match typ {
            TokenTyp::Jwt => true,
            TokenTyp::Access => self.access_typ == typ && matches!(claims, Claims::Access(_)),
            TokenTyp::Refresh => matches!(claims, Claims::Refresh(_)),
        }
    }
}

impl TokenIssuer for JwtIssuer {
    fn issue(&self, claims: &Claims) -> Result<Token, SigningError> {
        let (typ, audience) = match claims {
            // Other services refuse an audience that they do not expect.
            Claims::Access(claims) if claims.0.scope.is_some() => {
                (self.access_typ, Some(Audience::One(self.name.clone())))
            }
            Claims::Access(_) => (self.access_typ, Audience::of(&self.audiences)),
            Claims::Refresh(_) => (TokenTyp::Refresh, None),
        };
        let client_id = (typ == TokenTyp::Access).then(|| self.name.clone());
        let claims = WireClaims::new(claims, &self.name, audience, client_id);
        self.keys.sign(typ, &claims).map(Token::new).ok_or(SigningError)
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let (typ, wire): (_, WireClaims) = self.keys.verify(token, now)?;
        let claims = wire.claims().ok_or(TokenError::Malformed)?;
        if !self.is_typ_of(typ, &claims) {
            return Err(TokenError::WrongType);
        }
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
