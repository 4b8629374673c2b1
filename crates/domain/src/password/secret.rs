use secrecy::{ExposeSecret, SecretString};

use crate::field::FieldError;
use crate::randomness::Randomness;
use crate::text::{self, characters::is_space};

/// A password as it was typed. Never printed, and wiped from memory when dropped.
///
/// NIST SP 800-63B-4 §3.1.1.2: every Unicode character counts as one; nothing is trimmed or cut
/// off; there are no composition rules. Spaces of other kinds become plain ones, and the text is
/// normalized to Form C, so that it matches from every keyboard (RFC 8265 §4.2.2).
#[derive(Debug)]
pub struct Password {
    secret: SecretString,
    earlier: Vec<SecretString>,
}

impl Password {
    /// Minimum number of code points.
    pub const MIN: usize = 8;
    /// Maximum number of code points; enough for any passphrase.
    pub const MAX: usize = 128;

    /// Parses a new password: [`Self::MIN`] to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let password = Self::attempt(text)?;
        match password.expose().chars().count() {
            count if count < Self::MIN => Err(FieldError::TooShort { min: Self::MIN }),
            count if count > Self::MAX => Err(FieldError::TooLong { max: Self::MAX }),
            _ => Ok(password),
        }
    }

    /// Parses a password for a login. The rules for new passwords do not apply, because an older
    /// password may break them.
    pub fn attempt(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() {
            return Err(FieldError::Required);
        }
        let secret = text::nfc(&text.replace(is_space, " "));
        // Earlier releases only normalized, and other programs hash what they receive.
        let mut earlier = vec![text::nfc(text), text.to_owned()];
        earlier.dedup();
        earlier.retain(|form| *form != secret);
        Ok(Self { secret: secret.into(), earlier: earlier.into_iter().map(Into::into).collect() })
    }

    /// Generates a password that nobody knows.
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        let mut secret = [0; 32];
        randomness.fill(&mut secret);
        Self { secret: hex::encode(secret).into(), earlier: Vec::new() }
    }

    /// Returns a password with `text` as its only form, as other programs hash it.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn verbatim(text: &str) -> Self {
        Self { secret: text.into(), earlier: Vec::new() }
    }

    /// Returns the secret, for the hasher and the rules for new passwords only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Iterates over the other forms of which an existing hash may be, for the hasher only. Most
    /// passwords have none.
    pub fn expose_earlier(&self) -> impl Iterator<Item = &str> {
        self.earlier.iter().map(SecretString::expose_secret)
    }
}

/// A password's hash as a PHC string (`$argon2id$v=19$m=…`). Never printed.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

/// Compares the text. Both hashes come from a store or a hasher, so the time reveals nothing.
impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PasswordHash {}

impl PasswordHash {
    /// Wraps a hash from a hasher or a store.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    /// Returns the PHC string, for the hasher and the store only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
