//! Encryption of stored secrets.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretSlice};
use sihha_domain::randomness::Randomness;
use sihha_domain::secret_box::{SecretBox, SecretBoxError};

/// The first byte of what [`ChaChaBox`] writes, for another format or key later.
const VERSION: u8 = 1;
const NONCE_LENGTH: usize = 24;
const KEY_LENGTH: usize = 32;

/// A key is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret key must be 64 hexadecimal digits; `openssl rand -hex 32` makes one")]
pub struct InvalidSecretKey;

/// Encrypts with XChaCha20-Poly1305: a version, a random nonce of 24 bytes, the encrypted secret and
/// its tag. The context is authenticated and not stored.
pub struct ChaChaBox {
    cipher: XChaCha20Poly1305,
    randomness: Arc<dyn Randomness>,
}

impl ChaChaBox {
    /// Creates a box with a key in hexadecimal digits, as
    /// [`generate_secret`](crate::jwt::generate_secret) makes it.
    ///
    /// # Errors
    ///
    /// If the key has another form.
    pub fn new(key: &[u8], randomness: Arc<dyn Randomness>) -> Result<Self, InvalidSecretKey> {
        let digits: Option<Vec<u8>> =
            key.iter().map(|digit| char::from(*digit).to_digit(16)?.try_into().ok()).collect();
        let digits = digits.filter(|digits| digits.len() == 2 * KEY_LENGTH).ok_or(InvalidSecretKey)?;
        let key: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect();
        let key = SecretSlice::from(key);
        let cipher = XChaCha20Poly1305::new_from_slice(key.expose_secret());
        Ok(Self { cipher: cipher.map_err(|_| InvalidSecretKey)?, randomness })
    }
}

impl SecretBox for ChaChaBox {
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SecretBoxError> {
        let mut nonce = [0; NONCE_LENGTH];
        self.randomness.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SecretBoxError::NotAuthentic)?;
        Ok([&[VERSION], nonce.as_slice(), sealed.as_slice()].concat())
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, SecretBoxError> {
        let (version, rest) = sealed.split_first().ok_or(SecretBoxError::NotAuthentic)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(SecretBoxError::NotAuthentic)?;
        if *version != VERSION {
            return Err(SecretBoxError::NotAuthentic);
        }
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        opened.map(Into::into).map_err(|_| SecretBoxError::NotAuthentic)
    }
}
