//! One key: read once, then signed with and verified by.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::KeypairBytes;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::der::pem::decode_label;
use p256::pkcs8::{EncodePrivateKey, LineEnding, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sihha_domain::key::PublicKey;
use sihha_domain::randomness::Randomness;
use sihha_domain::session::TokenError;

use super::MIN_SECRET_LENGTH;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// What a key signs with. There is no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// ECDSA on the curve P-256 with SHA-256 (RFC 7518 §3.4).
    Es256,
    /// HMAC with SHA-256 (RFC 7518 §3.2): a secret, which is never published.
    Hs256,
}

impl KeyAlgorithm {
    /// All of them, the one to prefer first.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Hs256];

    /// Its name in a token's header, `alg` (RFC 7518 §3.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm of that name, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
    }

    const fn jwa(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
            Self::Hs256 => Algorithm::HS256,
        }
    }
}

/// The secret is too short to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JWT secret has {length} bytes, but must have at least {MIN_SECRET_LENGTH}")]
pub struct SecretTooShort {
    /// Its length in bytes.
    pub length: usize,
}

/// Why something is no key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyError {
    /// A secret that is shorter than its hash.
    #[error("is a secret of {0} bytes, but must have at least {MIN_SECRET_LENGTH}")]
    SecretTooShort(usize),
    /// Text without a PEM block that can be read.
    #[error("holds no private key as PEM (PKCS#8, `-----BEGIN PRIVATE KEY-----`)")]
    NoPem,
    /// A key in a form of its own.
    #[error("is no PKCS#8; `openssl pkcs8 -topk8 -nocrypt -in FILE` converts it")]
    NotPkcs8,
    /// Behind a passphrase.
    #[error("is encrypted, and nobody is there to type the passphrase; `openssl pkcs8 -in FILE` decrypts it")]
    Encrypted,
    /// A public key or a certificate.
    #[error("is no private key")]
    Public,
    /// RSA.
    #[error(
        "is an RSA key, which is not signed with here; make another one by `sihha keys generate` (EdDSA or ES256)"
    )]
    Rsa,
    /// Another curve, or another algorithm altogether.
    #[error("is a key of another kind than Ed25519 and P-256; make one by `sihha keys generate`")]
    OtherKind,
    /// PKCS#8 of the right kind, with nothing useful in it.
    #[error("is damaged: its PKCS#8 holds no valid key")]
    Damaged,
}

/// A token's parts, encoded (RFC 7515 §3.1).
pub(super) struct CompactJws<'a> {
    pub(super) header: &'a str,
    claims: &'a str,
    /// Header and claims: what is signed.
    message: &'a str,
    signature: &'a str,
}

impl<'a> CompactJws<'a> {
    pub(super) fn parse(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        Some(Self { header, claims, message, signature })
    }
}

/// A key, decoded.
pub(super) struct Key {
    algorithm: KeyAlgorithm,
    signer: Signer,
    /// The header of every token that it signs, encoded.
    header: String,
    verifying: DecodingKey,
    public: Option<PublicKey>,
}

enum Signer {
    EdDsa(Box<ed25519_dalek::SigningKey>),
    Es256(Box<p256::ecdsa::SigningKey>),
    Hs256(EncodingKey),
}

impl Key {
    /// A secret that is shared with whoever verifies; without an `id`, its tokens have no `kid`.
    pub(super) fn secret(id: Option<&str>, secret: &[u8]) -> Result<Self, SecretTooShort> {
        if secret.len() < MIN_SECRET_LENGTH {
            return Err(SecretTooShort { length: secret.len() });
        }
        let signer = Signer::Hs256(EncodingKey::from_secret(secret));
        Ok(Self::new(KeyAlgorithm::Hs256, id, signer, DecodingKey::from_secret(secret), None))
    }

    /// A private key as PEM (RFC 7468 §10, PKCS#8); text above it is skipped.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, InvalidKeyError> {
        let text = std::str::from_utf8(text).map_err(|_| InvalidKeyError::NoPem)?;
        // What openssl writes by itself, after a block of parameters.
        if text.contains("-----BEGIN EC PRIVATE KEY-----") {
            return Err(InvalidKeyError::NotPkcs8);
        }
        match decode_label(text.as_bytes()).map_err(|_| InvalidKeyError::NoPem)? {
            "PRIVATE KEY" => {}
            "ENCRYPTED PRIVATE KEY" => return Err(InvalidKeyError::Encrypted),
            "RSA PRIVATE KEY" => return Err(InvalidKeyError::Rsa),
            label if label.ends_with("PRIVATE KEY") => {
                return Err(InvalidKeyError::NotPkcs8);
            }
            _ => return Err(InvalidKeyError::Public),
        }
        let (_, document) = SecretDocument::from_pem(text).map_err(|_| InvalidKeyError::NoPem)?;
        let info = PrivateKeyInfo::try_from(document.as_bytes()).map_err(|_| InvalidKeyError::Damaged)?;
        match (info.algorithm.oid, info.algorithm.parameters_oid()) {
            (ED25519, _) => Self::eddsa(info),
            (ELLIPTIC_CURVE, Ok(P256)) => Self::es256(info),
            (RSA, _) => Err(InvalidKeyError::Rsa),
            _ => Err(InvalidKeyError::OtherKind),
        }
    }

    fn eddsa(info: PrivateKeyInfo<'_>) -> Result<Self, InvalidKeyError> {
        let signing = ed25519_dalek::SigningKey::try_from(info).map_err(|_| InvalidKeyError::Damaged)?;
        let x = URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes());
        let verifying = DecodingKey::from_ed_components(&x).map_err(|_| InvalidKeyError::Damaged)?;
        let public = public_key(KeyAlgorithm::EdDsa, "OKP", "Ed25519", x, None)?;
        let id = public.id.clone();
        let signer = Signer::EdDsa(Box::new(signing));
        Ok(Self::new(KeyAlgorithm::EdDsa, Some(&id), signer, verifying, Some(public)))
    }

    fn es256(info: PrivateKeyInfo<'_>) -> Result<Self, InvalidKeyError> {
        let secret = p256::SecretKey::try_from(info).map_err(|_| InvalidKeyError::Damaged)?;
        let point = secret.public_key().to_encoded_point(false);
        let coordinate = |bytes: Option<&_>| bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let (Some(x), Some(y)) = (coordinate(point.x()), coordinate(point.y())) else {
            return Err(InvalidKeyError::Damaged);
        };
        let verifying = DecodingKey::from_ec_components(&x, &y).map_err(|_| InvalidKeyError::Damaged)?;
        let public = public_key(KeyAlgorithm::Es256, "EC", "P-256", x, Some(y))?;
        let id = public.id.clone();
        let signer = Signer::Es256(Box::new(secret.into()));
        Ok(Self::new(KeyAlgorithm::Es256, Some(&id), signer, verifying, Some(public)))
    }

    fn new(
        algorithm: KeyAlgorithm,
        id: Option<&str>,
        signer: Signer,
        verifying: DecodingKey,
        public: Option<PublicKey>,
    ) -> Self {
        let mut header = Header::new(algorithm.jwa());
        header.kid = id.map(str::to_owned);
        let header = serde_json::to_vec(&header).expect("a header is plain JSON");
        let header = URL_SAFE_NO_PAD.encode(header);
        Self { algorithm, signer, header, verifying, public }
    }

    /// The header of every token that it signs, encoded.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    pub(super) const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The public half; a secret has none.
    pub(super) const fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// The token that says `claims` (RFC 7515 §3.1).
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?);
        let message = format!("{}.{claims}", self.header);
        let signature = match &self.signer {
            Signer::EdDsa(key) => URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes()),
            Signer::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message.as_bytes());
                URL_SAFE_NO_PAD.encode(signature.normalize_s().unwrap_or(signature).to_bytes())
            }
            Signer::Hs256(key) => {
                jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::HS256).ok()?
            }
        };
        Some(format!("{message}.{signature}"))
    }

    /// What `token` says, if this key signed it. One algorithm, the key's own (RFC 8725 §3.1). The claims are judged by
    /// the issuer.
    pub(super) fn open<T: DeserializeOwned>(&self, token: &CompactJws<'_>) -> Result<T, TokenError> {
        let (message, signature) = (token.message.as_bytes(), token.signature);
        let signed = jsonwebtoken::crypto::verify(signature, message, &self.verifying, self.algorithm.jwa());
        if !signed.is_ok_and(|signed| signed) {
            return Err(TokenError::BadSignature);
        }
        if self.algorithm == KeyAlgorithm::Es256 && !is_canonical(signature) {
            return Err(TokenError::BadSignature);
        }
        let claims = URL_SAFE_NO_PAD.decode(token.claims).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| TokenError::Malformed)
    }
}

/// Whether an ES256 signature (r, s) is the one of two that is made here, with the lower s: who has one could write the
/// other one, and with it the same token in another form.
fn is_canonical(signature: &str) -> bool {
    let signature = URL_SAFE_NO_PAD.decode(signature).ok();
    let signature = signature.and_then(|bytes| p256::ecdsa::Signature::from_slice(&bytes).ok());
    signature.is_some_and(|signature| signature.normalize_s().is_none())
}

fn public_key(
    algorithm: KeyAlgorithm,
    kind: &'static str,
    curve: &'static str,
    x: String,
    y: Option<String>,
) -> Result<PublicKey, InvalidKeyError> {
    let jwk = json!({ "kty": kind, "crv": curve, "x": x, "y": y });
    let jwk: Jwk = serde_json::from_value(jwk).map_err(|_| InvalidKeyError::Damaged)?;
    let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| InvalidKeyError::Damaged)?;
    Ok(PublicKey { id, algorithm: algorithm.as_str(), kind, curve, x, y })
}

/// The text of a new key: PEM, or for a secret 64 hexadecimal digits.
pub(super) fn generate(algorithm: KeyAlgorithm, randomness: &dyn Randomness) -> Option<SecretString> {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    let text = match algorithm {
        KeyAlgorithm::EdDsa => {
            // Without the public half, which OpenSSL 3.0 does not read in a private key.
            let pair = KeypairBytes { secret_key: bytes, public_key: None };
            pair.to_pkcs8_pem(LineEnding::LF).ok()?.to_string()
        }
        KeyAlgorithm::Es256 => {
            // All but one of four thousand million numbers are keys.
            let secret = p256::SecretKey::from_slice(&bytes).ok()?;
            secret.to_pkcs8_pem(LineEnding::LF).ok()?.to_string()
        }
        KeyAlgorithm::Hs256 => return Some(generate_secret(randomness)),
    };
    Some(text.into())
}

/// A new secret: 64 hexadecimal digits, and the end of their line.
pub fn generate_secret(randomness: &dyn Randomness) -> SecretString {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    text.into()
}

/// A new name for a secret: it says nothing of it.
pub(super) fn secret_id(randomness: &dyn Randomness) -> String {
    let mut bytes = [0; 16];
    randomness.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
