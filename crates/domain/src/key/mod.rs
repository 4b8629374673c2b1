//! Keys that sign and verify tokens.

mod list;
mod ports;
mod usage;

pub use list::ListPublicKeys;
pub use ports::{KeyUseRepository, PublicKeys, SigningKeys};
pub use usage::{FindUnknownKeys, KeyUse, RecordKeyUse};

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
