use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::account::Role;
use crate::ids::{ProfileId, SessionId, TokenId};

/// What a token is for. One is never taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Opens what the account may see and do; short-lived.
    Access,
    /// Gets new tokens; long-lived, and good for nothing else.
    Refresh,
}

impl TokenType {
    /// The value of the `token_type` claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// What a token says (RFC 7519 §4). The issuer adds its own name, and the flag of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// What the token is for.
    pub token_type: TokenType,
    /// The token's own name, `jti`.
    pub id: TokenId,
    /// Whose it is, `user_id`: always the profile's id.
    pub user_id: ProfileId,
    /// The session that it belongs to, `sid`.
    pub session: SessionId,
    /// The account's role, `role`.
    pub role: Role,
    /// Whether staff approved the account when the token was made, `is_approved`; a patient's is `true`.
    pub is_approved: bool,
    /// When it was made, `iat`, in whole seconds.
    pub issued_at: DateTime<Utc>,
    /// From when on it is worthless, `exp`, in whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// A signed token: whoever has it can use it. Never printed.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

impl Token {
    /// Takes what an issuer signed.
    #[must_use]
    pub fn new(signed: String) -> Self {
        Self(signed.into())
    }

    /// The signed text, for its owner alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a login hands out.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The access token.
    pub access: Token,
    /// The refresh token.
    pub refresh: Token,
    /// Lifetime of the access token.
    pub expires_in: TimeDelta,
}
