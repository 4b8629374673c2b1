use secrecy::SecretString;
use sihha_domain::randomness::Randomness;

/// Minimum length of a secret in bytes: the length of the hash (RFC 7518 §3.2).
pub const MIN_SECRET_LENGTH: usize = 32;

/// A secret is too short to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JWT secret has {length} bytes, but must have at least {MIN_SECRET_LENGTH}")]
pub struct SecretTooShort {
    /// Its length in bytes.
    pub length: usize,
}

/// Checks the length of a secret.
///
/// # Errors
///
/// If it has fewer than [`MIN_SECRET_LENGTH`] bytes: an attacker who guesses the secret can sign
/// any token.
pub(crate) const fn check_length(secret: &[u8]) -> Result<(), SecretTooShort> {
    if secret.len() < MIN_SECRET_LENGTH { Err(SecretTooShort { length: secret.len() }) } else { Ok(()) }
}

/// Generates a secret: 64 hexadecimal digits and a line break.
pub fn generate_secret(randomness: &dyn Randomness) -> SecretString {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    format!("{}\n", hex::encode(bytes)).into()
}
