//! A decoded key, which signs and verifies.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sihha_domain::key::PublicKey;
use sihha_domain::session::TokenError;

use super::algorithm::KeyAlgorithm;
use super::secret::{MIN_SECRET_LENGTH, SecretTooShort, check_length};

/// Why a file is not a signing key. The texts continue "the signing key FILE …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyError {
    /// A secret is shorter than the hash.
    #[error("is a secret of {0} bytes, but must have at least {MIN_SECRET_LENGTH}")]
    SecretTooShort(usize),
    /// The file has no readable PEM block.
    #[error("contains no private key in PEM (PKCS#8, `-----BEGIN PRIVATE KEY-----`)")]
    MissingPem,
    /// The key has a format of its algorithm.
    #[error("is not PKCS#8; convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE`")]
    NotPkcs8,
    /// The key is encrypted.
    #[error(
        "is encrypted, and the service cannot ask for a passphrase; decrypt it with `openssl pkcs8 -in FILE`"
    )]
    Encrypted,
    /// The file contains a public key or a certificate.
    #[error("is not a private key")]
    NotPrivate,
    /// An RSA key.
    #[error(
        "is an RSA key, which is not supported; generate another key with `sihha keys generate` (EdDSA or ES256)"
    )]
    Rsa,
    /// A key on another curve, or of another algorithm.
    #[error("is neither an Ed25519 nor a P-256 key; generate one with `sihha keys generate`")]
    UnsupportedAlgorithm,
    /// A supported kind of PKCS#8 that contains no valid key.
    #[error("is damaged: its PKCS#8 contains no valid key")]
    Malformed,
}

/// A decoded key.
pub(super) struct Key {
    algorithm: KeyAlgorithm,
    signer: Signer,
    /// The encoded header of every token that the key signs.
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
    /// Creates a key from a secret. Without an `id`, its tokens have no `kid`.
    pub(super) fn secret(id: Option<&str>, secret: &[u8]) -> Result<Self, SecretTooShort> {
        check_length(secret)?;
        let signer = Signer::Hs256(EncodingKey::from_secret(secret));
        Ok(Self::new(KeyAlgorithm::Hs256, id, signer, DecodingKey::from_secret(secret), None))
    }

    pub(super) fn eddsa(signing: ed25519_dalek::SigningKey) -> Result<Self, InvalidKeyError> {
        let verifying = DecodingKey::from_ed_der(signing.verifying_key().as_bytes());
        Self::asymmetric(KeyAlgorithm::EdDsa, Signer::EdDsa(Box::new(signing)), verifying)
    }

    pub(super) fn es256(secret: p256::SecretKey) -> Result<Self, InvalidKeyError> {
        let verifying = DecodingKey::from_ec_der(secret.public_key().to_encoded_point(false).as_bytes());
        Self::asymmetric(KeyAlgorithm::Es256, Signer::Es256(Box::new(secret.into())), verifying)
    }

    fn asymmetric(
        algorithm: KeyAlgorithm,
        signer: Signer,
        verifying: DecodingKey,
    ) -> Result<Self, InvalidKeyError> {
        let jwk = Jwk::from_decoding_key(&verifying, None).map_err(|_| InvalidKeyError::Malformed)?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| InvalidKeyError::Malformed)?;
        let (kind, curve, x, y) = match jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(point) => ("OKP", "Ed25519", point.x, None),
            AlgorithmParameters::EllipticCurve(point) => ("EC", "P-256", point.x, Some(point.y)),
            _ => return Err(InvalidKeyError::UnsupportedAlgorithm),
        };
        let public = PublicKey { id: id.clone(), algorithm: algorithm.as_str(), kind, curve, x, y };
        Ok(Self::new(algorithm, Some(&id), signer, verifying, Some(public)))
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
        let header = serde_json::to_vec(&header).expect("a header can be serialized");
        let header = URL_SAFE_NO_PAD.encode(header);
        Self { algorithm, signer, header, verifying, public }
    }

    /// Returns the encoded header of every token that the key signs.
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    pub(super) const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Returns the public key. A secret has none.
    pub(super) const fn public(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// Returns a token with `claims` (RFC 7515 §3.1).
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

    /// Returns the claims of `token` if this key signed it with its own algorithm (RFC 8725 §3.1).
    /// The caller checks the claims.
    pub(super) fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (_, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let (algorithm, message) = (self.algorithm.jwa(), message.as_bytes());
        let signed = jsonwebtoken::crypto::verify(signature, message, &self.verifying, algorithm);
        if !signed.is_ok_and(|signed| signed) {
            return Err(TokenError::BadSignature);
        }
        if self.algorithm == KeyAlgorithm::Es256 && !is_canonical(signature) {
            return Err(TokenError::BadSignature);
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| TokenError::Malformed)
    }
}

/// Returns whether an ES256 signature (r, s) has the lower one of the two possible values of s, as
/// this service signs. From one signature, anyone can compute the other one, and so write the same
/// token in another form.
fn is_canonical(signature: &str) -> bool {
    let signature = URL_SAFE_NO_PAD.decode(signature).ok();
    let signature = signature.and_then(|bytes| p256::ecdsa::Signature::from_slice(&bytes).ok());
    signature.is_some_and(|signature| signature.normalize_s().is_none())
}
