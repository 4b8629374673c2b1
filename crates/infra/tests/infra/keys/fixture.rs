use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretSlice;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::key::PublicKeys;
use sihha_domain::session::{Claims, RefreshClaims, TokenClaims, TokenError, TokenIssuer};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{JwtIssuer, KeyAlgorithm, KeyRing, KeySources, KeyState, KeyStore, RELOAD_DELAY};
use sihha_infra::system::SystemRandomness;
use tempfile::TempDir;

pub(crate) const LONGEST: TimeDelta = TimeDelta::hours(24);
/// When a later key of the tests signs.
pub(crate) const DELAY: TimeDelta = TimeDelta::minutes(10);
pub(crate) const SECRET: &[u8] = b"the secret of the tests, long enough";

/// A key store, and a clock that the test advances.
pub(crate) struct Fixture {
    folder: TempDir,
    pub(crate) clock: Arc<FixedClock>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(FixedClock::at("2026-11-23T09:30:00Z"));
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn keys(&self) -> KeyStore {
        KeyStore::new(self.path().to_owned())
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn generate(&self, algorithm: KeyAlgorithm) -> String {
        self.keys().generate(algorithm, None, self.now(), &SystemRandomness).unwrap().id
    }

    /// Generates a key that signs after [`DELAY`].
    pub(crate) fn generate_next(&self, algorithm: KeyAlgorithm) -> String {
        let after = Some(DELAY - RELOAD_DELAY);
        self.keys().generate(algorithm, after, self.now(), &SystemRandomness).unwrap().id
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let file = self.path().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// Loads the keys of the store. Returns the error as text.
    pub(crate) fn try_open(&self, secret: Option<&[u8]>) -> Result<Arc<KeyRing>, String> {
        let secret = secret.map(|secret| SecretSlice::from(secret.to_vec()));
        let sources = KeySources { secret, key_store: Some(self.keys()), longest_token: LONGEST };
        KeyRing::open(sources, self.clock.clone()).map(Arc::new).map_err(|error| error.to_string())
    }

    /// Starts an instance with the keys of the store.
    pub(crate) fn instance(&self) -> Instance {
        Instance::of(self.try_open(None).unwrap())
    }

    pub(crate) fn states(&self) -> Vec<KeyState> {
        let keys = self.keys().list(LONGEST, self.now()).unwrap();
        keys.into_iter().map(|key| key.state).collect()
    }
}

/// The token issuer of one running instance.
pub(crate) struct Instance {
    pub(crate) keys: Arc<KeyRing>,
    issuer: JwtIssuer,
}

impl Instance {
    pub(crate) fn of(keys: Arc<KeyRing>) -> Self {
        Self { issuer: JwtIssuer::new("sihha", &[], Arc::clone(&keys)), keys }
    }

    pub(crate) fn token(&self, now: DateTime<Utc>) -> String {
        let randomness = SequenceRandomness::default();
        let claims = Claims::Refresh(RefreshClaims(TokenClaims {
            id: TokenId::generate(&randomness),
            profile_id: ProfileId::generate(now, &randomness),
            session: SessionId::generate(now, &randomness),
            role: Role::Patient,
            is_approved: true,
            is_email_verified: true,
            scope: None,
            issued_at: now,
            expires_at: now + LONGEST,
        }));
        self.issuer.issue(&claims).unwrap().expose().to_owned()
    }

    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<(), TokenError> {
        self.issuer.verify(token, now).map(|_| ())
    }

    pub(crate) fn published(&self, now: DateTime<Utc>) -> Vec<String> {
        self.keys.published(now).into_iter().map(|key| key.id).collect()
    }
}

/// Returns the `kid` of a token's header.
pub(crate) fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).unwrap().kid
}
