//! Keys that sign and verify tokens.

mod list;
mod ports;
mod usage;

use chrono::{DateTime, Utc};

pub use list::ListPublicKeys;
pub use ports::{KeyUseRepository, PublicKeys, SigningKeys};
pub use usage::{FindUnknownKeys, RecordKeyUse};

/// The public half of a signing key, with the members of a JSON Web Key (RFC 7517 §4, RFC 7518
/// §6.2, RFC 8037 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's id, `kid`: its thumbprint (RFC 7638).
    pub id: String,
    /// The only algorithm that it is for, `alg`: `EdDSA` or `ES256`.
    pub algorithm: &'static str,
    /// The kind of key, `kty`: `OKP` or `EC`.
    pub kind: &'static str,
    /// Its curve, `crv`: `Ed25519` or `P-256`.
    pub curve: &'static str,
    /// The coordinate `x`, in base64url.
    pub x: String,
    /// The coordinate `y`, in base64url; an Ed25519 key has none.
    pub y: Option<String>,
}

/// When a key signed tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's `kid`, or a name for a secret, whose tokens have none.
    pub key: String,
    /// The first time at which it may have signed.
    pub signed_from: DateTime<Utc>,
    /// The last time at which it may have signed or will sign.
    pub signed_until: DateTime<Utc>,
    /// When the last token that it may have signed expires.
    pub tokens_until: DateTime<Utc>,
}
