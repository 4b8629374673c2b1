use chrono::{DateTime, Utc};

use super::{Claims, Token};
use crate::error::Error;

/// Signs tokens, and reads those it signed.
pub trait TokenIssuer: Send + Sync {
    /// Signs `claims`.
    fn issue(&self, claims: &Claims) -> Result<Token, Error>;

    /// What `token` says, if this issuer signed it and it has not expired at `now`.
    ///
    /// MUST accept no algorithm but its own (RFC 8725 §3.1), and MUST NOT fetch or use a key that the token
    /// names or carries.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError>;
}

/// Why a token is worthless. For the log; a client is told only that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token, or not as `Authorization: Bearer …` (RFC 6750 §2.1).
    #[error("no bearer token")]
    Missing,
    /// Not a JWT, or a claim is missing or of the wrong kind.
    #[error("malformed")]
    Malformed,
    /// Signed by somebody else, changed, or with another algorithm.
    #[error("wrong signature or algorithm")]
    BadSignature,
    /// Made by another issuer.
    #[error("another issuer's")]
    WrongIssuer,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// A refresh token where an access token is wanted, or the reverse.
    #[error("wrong token type")]
    WrongType,
    /// The account is gone.
    #[error("the account is gone")]
    AccountGone,
}
