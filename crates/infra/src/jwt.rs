//! Tokens as signed JWTs (RFC 7519): HS256 with a secret, EdDSA and ES256 with the keys of the key
//! store.
//!
//! A key is generated, signs some time later, is superseded by a newer key, and is retired. It
//! verifies until its last token has expired, so no user is logged out by a change of keys
//! (`docs/adr/0012-keys.md`).

mod algorithm;
mod claims;
mod issuer;
mod key;
mod key_ring;
mod key_set;
mod key_store;
mod lifecycle;
mod pem;
mod secret;
mod staff;
mod typ;

pub use self::algorithm::KeyAlgorithm;
pub use self::issuer::JwtIssuer;
pub use self::key::InvalidKeyError;
pub use self::key_ring::{KeyRing, KeyRingError, KeySources};
pub use self::key_set::KeyInfo;
pub use self::key_store::{ACTIVATION_DELAY, KeyStore, KeyStoreError};
pub use self::lifecycle::{InvalidTimestampError, KeyState, RELOAD_DELAY};
pub(crate) use self::secret::check_length;
pub use self::secret::{MIN_SECRET_LENGTH, SecretTooShort, generate_secret};
pub use self::staff::StaffJwtIssuer;
pub use self::typ::TokenTyp;
