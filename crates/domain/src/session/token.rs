use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use strum::{IntoStaticStr, VariantArray};

use crate::account::Role;
use crate::ids::{ProfileId, SessionId, TokenId};

/// The claims of a token (RFC 7519 §4). They are variants, so that code cannot
/// confuse the two kinds of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claims {
    /// The claims of an access token.
    Access(AccessClaims),
    /// The claims of a refresh token.
    Refresh(RefreshClaims),
}

impl Claims {
    /// Returns the value of the claim `token_type`.
    #[must_use]
    pub const fn token_type(&self) -> &'static str {
        match self {
            Self::Access(_) => "access",
            Self::Refresh(_) => "refresh",
        }
    }

    /// Returns the claims that both kinds of tokens have.
    #[must_use]
    pub const fn common(&self) -> &TokenClaims {
        match self {
            Self::Access(AccessClaims(common)) | Self::Refresh(RefreshClaims(common)) => common,
        }
    }
}

/// The claims of a short-lived token that authenticates requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims(pub TokenClaims);

/// The claims of a long-lived token that is exchanged for new tokens, and has no other use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshClaims(pub TokenClaims);

/// The claims that both kinds of tokens have. The issuer adds its own name and the flag of the
/// role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The token's id, `jti`.
    pub id: TokenId,
    /// The account, `user_id`: the id of its profile.
    pub profile_id: ProfileId,
    /// The session that the token belongs to, `sid`.
    pub session: SessionId,
    /// The account's role, `role`.
    pub role: Role,
    /// Whether staff had approved the account when the token was issued, `is_approved`; `true` for
    /// a patient.
    pub is_approved: bool,
    /// Whether the owner had confirmed the account's address when the token was issued,
    /// `email_verified` (OIDC Core §5.1).
    pub is_email_verified: bool,
    /// What the token is limited to, `scope`; `None` if it opens everything of the account.
    pub scope: Option<TokenScope>,
    /// When the token was issued, `iat`, in whole seconds.
    pub issued_at: DateTime<Utc>,
    /// When the token expires, `exp`, in whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// What a token is limited to (`scope`, RFC 8693 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TokenScope {
    /// The application of an account that may not log in: reading and correcting it, and sending it
    /// again.
    Application,
}

impl TokenScope {
    /// Returns the scope's name, in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the scope with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|scope| scope.as_str() == text)
    }
}

/// A signed token. Anybody who has it can use it. Never printed.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

impl Token {
    /// Wraps a token that an issuer signed.
    #[must_use]
    pub fn new(signed: String) -> Self {
        Self(signed.into())
    }

    /// Returns the signed text, for the client only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The tokens of a session.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The access token.
    pub access: Token,
    /// The refresh token.
    pub refresh: Token,
    /// Lifetime of the access token.
    pub expires_in: TimeDelta,
}

/// A refresh token that was issued here, or for an adopted session.
#[derive(Debug, Clone, Copy)]
pub struct PresentedToken {
    pub(crate) profile_id: ProfileId,
    pub(crate) session: SessionId,
    pub(crate) token: TokenId,
    pub(crate) role: Role,
}

impl From<&RefreshClaims> for PresentedToken {
    fn from(RefreshClaims(claims): &RefreshClaims) -> Self {
        let TokenClaims { id: token, profile_id, session, role, .. } = *claims;
        Self { profile_id, session, token, role }
    }
}
