//! The keys that count now, shared by all threads.

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

use super::key::{CompactJws, Key, SecretTooShort};
use super::key_set::KeySet;
use super::key_store::{KeyStore, KeyStoreError};

/// Where keys come from.
pub struct KeySources {
    /// The secret that tokens without a `kid` are signed with.
    pub secret: Option<SecretSlice<u8>>,
    /// The folder of the others. Its newest key signs, and the secret does until there is one.
    pub folder: Option<KeyStore>,
    /// How long the longest-lived tokens live: so long a retired key goes on verifying.
    pub longest_token: TimeDelta,
}

/// Why there are no keys to start with.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The secret is none.
    #[error(transparent)]
    Secret(#[from] SecretTooShort),
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] KeyStoreError),
}

/// The keys that tokens are signed with and verified by. Reading them takes no lock.
pub struct KeyRing {
    secret: Option<Key>,
    /// Names the secret, whose tokens have no `kid`.
    secret_name: Option<String>,
    folder: Option<KeyStore>,
    keys: ArcSwap<KeySet>,
    longest_token: TimeDelta,
    clock: Arc<dyn Clock>,
}

impl KeyRing {
    /// The keys of `sources`.
    ///
    /// # Errors
    ///
    /// If the secret is too short, or the folder cannot be read, has a file that is wrong, or no key that can sign.
    pub fn open(sources: KeySources, clock: Arc<dyn Clock>) -> Result<Self, KeyRingError> {
        let KeySources { secret, folder, longest_token } = sources;
        let secret_name = secret.as_ref().map(|secret| name_of_secret(secret.expose_secret()));
        let secret = secret.map(|secret| Key::secret(None, secret.expose_secret())).transpose()?;
        let keys = match &folder {
            Some(folder) => folder.usable(longest_token, clock.now())?,
            None => KeySet::new(Vec::new(), longest_token),
        };
        Ok(Self { secret, secret_name, folder, keys: ArcSwap::from_pointee(keys), longest_token, clock })
    }

    /// Reads the folder again; whether anything has changed there.
    ///
    /// # Errors
    ///
    /// As [`Self::open`] has them; the keys that were there stay in use.
    pub fn reload(&self) -> Result<bool, KeyStoreError> {
        let Some(folder) = &self.folder else { return Ok(false) };
        let keys = folder.usable(self.longest_token, self.clock.now())?;
        let changed = !keys.is_same(&self.keys.load());
        if changed {
            self.keys.store(Arc::new(keys));
        }
        Ok(changed)
    }

    /// Signs by the newest key that may sign, or else by the secret. Where there is neither, the key that would sign
    /// first does: no other could.
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

    /// What `token` says, if the key that its header stands for signed it. Each key writes one header, always the same, so
    /// headers are compared and never read: what an attacker writes there means nothing.
    pub(super) fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<T, TokenError> {
        let token = CompactJws::parse(token).ok_or(TokenError::Malformed)?;
        match &self.secret {
            Some(secret) if secret.header() == token.header => secret.open(&token),
            _ => self.keys.load().verifier(token.header, now).ok_or(TokenError::UnknownKey)?.open(&token),
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

/// A name that tells a secret from others, with a colon that no `kid` has. Two bytes of a digest are too few to find the
/// secret by guessing, if they are read.
fn name_of_secret(secret: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"sihha names a secret\0").chain_update(secret).finalize();
    format!("secret:{:02x}{:02x}", digest[0], digest[1])
}
