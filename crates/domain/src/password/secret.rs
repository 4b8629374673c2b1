use secrecy::{ExposeSecret, SecretString};

use crate::field::FieldError;
use crate::text;

/// A password as its owner typed it. Never printed, and wiped from memory when dropped.
///
/// NIST SP 800-63B-4 §3.1.1.2: any Unicode character counts as one; nothing is trimmed or cut off; no
/// rules of composition. Brought to Normalization Form C, so that it matches from every keyboard
/// (RFC 8265 §4.2.2).
#[derive(Debug)]
pub struct Password(SecretString);

impl Password {
    /// Least number of code points.
    pub const MIN: usize = 8;
    /// Greatest number of code points; enough for any passphrase.
    pub const MAX: usize = 128;

    /// A password to set: [`Self::MIN`] to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let password = Self::attempt(text)?;
        match password.expose().chars().count() {
            count if count < Self::MIN => Err(FieldError::TooShort { min: Self::MIN }),
            count if count > Self::MAX => Err(FieldError::TooLong { max: Self::MAX }),
            _ => Ok(password),
        }
    }

    /// A password to log in with. The rules for new ones do not apply: they may have been others when it
    /// was set, and one that breaks them is simply wrong.
    pub fn attempt(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() { Err(FieldError::Required) } else { Ok(Self(text::nfc(text).into())) }
    }

    /// The secret itself, for the hasher alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password's hash as a PHC string (`$argon2id$v=19$m=…`). Never printed.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

/// Whether it is the same text. Both come from a store or a hasher, so the time that it takes tells nobody anything.
impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PasswordHash {}

impl PasswordHash {
    /// Takes what a hasher made or a store kept.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for the hasher and the store alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
