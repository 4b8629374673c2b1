use chrono::{DateTime, Utc};

use super::{Claims, SigningError, Token, TokenError, TokenIssuer};
use crate::key::{PublicKey, PublicKeys, SigningKeys};
use crate::staff::{StaffClaims, StaffTokenIssuer};

/// Issues no token and accepts none: for tools and commands that open no session.
#[derive(Debug, Clone, Copy)]
pub struct NoTokens;

impl TokenIssuer for NoTokens {
    fn issue(&self, _: &Claims) -> Result<Token, SigningError> {
        Err(SigningError)
    }

    fn verify(&self, _: &str, _: DateTime<Utc>) -> Result<Claims, TokenError> {
        Err(TokenError::UnknownKey)
    }
}

impl StaffTokenIssuer for NoTokens {
    fn issue(&self, _: &StaffClaims) -> Result<Token, SigningError> {
        Err(SigningError)
    }

    fn verify(&self, _: &str, _: DateTime<Utc>) -> Result<StaffClaims, TokenError> {
        Err(TokenError::UnknownKey)
    }
}

impl PublicKeys for NoTokens {
    fn published(&self, _: DateTime<Utc>) -> Vec<PublicKey> {
        Vec::new()
    }
}

impl SigningKeys for NoTokens {
    fn signers(&self, _: DateTime<Utc>, _: DateTime<Utc>) -> Vec<String> {
        Vec::new()
    }

    fn verifies(&self, _: &str, _: DateTime<Utc>) -> bool {
        false
    }
}
