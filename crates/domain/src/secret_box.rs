//! Encryption of stored secrets, as a port.

use secrecy::SecretSlice;

/// Encrypts secrets that the store keeps, such as the key of a second factor.
pub trait SecretBox: Send + Sync {
    /// Encrypts `secret`. `context` names its place, for example the column and the row.
    ///
    /// Two calls MUST give different results.
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SecretBoxError>;

    /// Decrypts what [`SecretBox::seal`] returned for the same context.
    ///
    /// MUST return [`SecretBoxError::NotAuthentic`] for anything else: a changed byte, another key, or a
    /// secret that was moved from another context.
    fn open(&self, context: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, SecretBoxError>;
}

/// Why a secret could not be encrypted or decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretBoxError {
    /// The operator has given no key.
    #[error("no key encrypts stored secrets")]
    NoKey,
    /// The stored text was changed, moved, or encrypted with another key.
    #[error("a stored secret cannot be decrypted: it was encrypted with another key, or changed")]
    NotAuthentic,
}

/// Encrypts nothing, for tools and for a service without a key.
#[derive(Debug, Clone, Copy)]
pub struct NoSecretKey;

impl SecretBox for NoSecretKey {
    fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, SecretBoxError> {
        Err(SecretBoxError::NoKey)
    }

    fn open(&self, _: &str, _: &[u8]) -> Result<SecretSlice<u8>, SecretBoxError> {
        Err(SecretBoxError::NoKey)
    }
}
