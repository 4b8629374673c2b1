//! The current keys, shared by all threads.

use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sihha_domain::clock::Clock;
use sihha_domain::key::{PublicKey, PublicKeys, SigningKeys};
use sihha_domain::session::TokenError;

use super::key::Key;
use super::key_set::KeySet;
use super::key_store::{KeyStore, KeyStoreError};
use super::secret::SecretTooShort;

/// The sources of keys.
pub struct KeySources {
    /// The secret, whose tokens have no `kid`.
    pub secret: Option<SecretSlice<u8>>,
    /// The key store. Its newest key signs; until it has one that can sign, the secret signs.
    pub key_store: Option<KeyStore>,
    /// Maximum lifetime of tokens. A retired key verifies for this time.
    pub longest_token: TimeDelta,
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The secret is too short.
    #[error(transparent)]
    Secret(#[from] SecretTooShort),
    /// The key store cannot be used.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
}

/// The keys that sign and verify tokens. Reading them takes no lock.
pub struct KeyRing {
    secret: Option<Key>,
    /// A name of the secret, whose tokens have no `kid`.
    secret_name: Option<String>,
    key_store: Option<KeyStore>,
    keys: ArcSwap<KeySet>,
    longest_token: TimeDelta,
    clock: Arc<dyn Clock>,
}

impl KeyRing {
    /// Loads the keys of `sources`.
    ///
    /// # Errors
    ///
    /// If the secret is too short, or the key store cannot be read, contains an invalid file, or
    /// has no key that can sign.
    pub fn open(sources: KeySources, clock: Arc<dyn Clock>) -> Result<Self, KeyRingError> {
        let KeySources { secret, key_store, longest_token } = sources;
        let secret_name = secret.as_ref().map(|secret| name_of_secret(secret.expose_secret()));
        let secret = secret.map(|secret| Key::secret(None, secret.expose_secret())).transpose()?;
        let keys = match &key_store {
            Some(key_store) => key_store.usable(longest_token, clock.now())?,
            None => KeySet::new(Vec::new(), longest_token),
        };
        Ok(Self { secret, secret_name, key_store, keys: ArcSwap::from_pointee(keys), longest_token, clock })
    }

    /// Reads the key store again. Returns whether its keys have changed.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`]. The keys that were read before stay in use.
    pub fn reload(&self) -> Result<bool, KeyStoreError> {
        let Some(key_store) = &self.key_store else { return Ok(false) };
        let keys = key_store.usable(self.longest_token, self.clock.now())?;
        let changed = !keys.is_same(&self.keys.load());
        if changed {
            self.keys.store(Arc::new(keys));
        }
        Ok(changed)
    }

    /// Signs with the newest key that may sign, or else with the secret. If there is neither, signs
    /// with the first pending key.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let (keys, now) = (self.keys.load(), self.clock.now());
        if let Some(signer) = keys.signer(now) {
            return signer.key.sign(claims);
        }
        match &self.secret {
            Some(secret) => secret.sign(claims),
            None => keys.next_signer(now)?.key.sign(claims),
        }
    }

    /// Returns the claims of `token` if the key that its header belongs to signed it.
    ///
    /// Each key always writes the same header, so headers are compared and never parsed: an
    /// attacker gains nothing by writing something else there.
    pub(super) fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<T, TokenError> {
        let (header, _) = token.split_once('.').ok_or(TokenError::Malformed)?;
        match &self.secret {
            Some(secret) if secret.header() == header => secret.verify(token),
            _ => self.keys.load().verifier(header, now).ok_or(TokenError::UnknownKey)?.verify(token),
        }
    }
}

impl PublicKeys for KeyRing {
    fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey> {
        self.keys.load().published(now)
    }
}

impl SigningKeys for KeyRing {
    fn signers(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<String> {
        let keys = self.keys.load();
        let mut signers: Vec<_> = keys.signers(from, until).map(|key| key.id.clone()).collect();
        if keys.signer(from).is_none() {
            // As in `sign`.
            let other = self.secret_name.clone().or_else(|| Some(keys.next_signer(from)?.id.clone()));
            signers.extend(other);
        }
        signers
    }

    fn verifies(&self, key: &str, now: DateTime<Utc>) -> bool {
        self.secret_name.as_deref() == Some(key) || self.keys.load().verifies(key, now)
    }
}

/// Returns a name that distinguishes a secret from others. It contains a colon, which no `kid` has.
/// Two bytes of a digest are too few to verify a guess of the secret.
fn name_of_secret(secret: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"sihha names a secret\0").chain_update(secret).finalize();
    format!("secret:{:02x}{:02x}", digest[0], digest[1])
}
