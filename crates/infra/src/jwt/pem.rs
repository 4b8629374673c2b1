use ed25519_dalek::pkcs8::KeypairBytes;
use p256::pkcs8::der::pem::decode_label;
use p256::pkcs8::{EncodePrivateKey, LineEnding, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use secrecy::SecretString;
use sihha_domain::randomness::Randomness;

use super::algorithm::KeyAlgorithm;
use super::key::{InvalidKeyError, Key};
use super::secret::generate_secret;

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ELLIPTIC_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Reads a private key in PEM (RFC 7468 §10, PKCS#8). Text above the key is skipped.
pub(super) fn read_key(text: &[u8]) -> Result<Key, InvalidKeyError> {
    let text = std::str::from_utf8(text).map_err(|_| InvalidKeyError::MissingPem)?;
    // openssl writes this form by default, after a block of parameters.
    if text.contains("-----BEGIN EC PRIVATE KEY-----") {
        return Err(InvalidKeyError::NotPkcs8);
    }
    match decode_label(text.as_bytes()).map_err(|_| InvalidKeyError::MissingPem)? {
        "PRIVATE KEY" => {}
        "ENCRYPTED PRIVATE KEY" => return Err(InvalidKeyError::Encrypted),
        "RSA PRIVATE KEY" => return Err(InvalidKeyError::Rsa),
        label if label.ends_with("PRIVATE KEY") => return Err(InvalidKeyError::NotPkcs8),
        _ => return Err(InvalidKeyError::NotPrivate),
    }
    let (_, document) = SecretDocument::from_pem(text).map_err(|_| InvalidKeyError::MissingPem)?;
    let info = PrivateKeyInfo::try_from(document.as_bytes()).map_err(|_| InvalidKeyError::Malformed)?;
    match (info.algorithm.oid, info.algorithm.parameters_oid()) {
        (ED25519, _) => Key::eddsa(info.try_into().map_err(|_| InvalidKeyError::Malformed)?),
        (ELLIPTIC_CURVE, Ok(P256)) => Key::es256(info.try_into().map_err(|_| InvalidKeyError::Malformed)?),
        (RSA, _) => Err(InvalidKeyError::Rsa),
        _ => Err(InvalidKeyError::UnsupportedAlgorithm),
    }
}

/// Generates a key as text: PEM, or 64 hexadecimal digits for a secret.
pub(super) fn generate(algorithm: KeyAlgorithm, randomness: &dyn Randomness) -> Option<SecretString> {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    let text = match algorithm {
        KeyAlgorithm::EdDsa => {
            // OpenSSL 3.0 cannot read a private key that contains its public key.
            let pair = KeypairBytes { secret_key: bytes, public_key: None };
            pair.to_pkcs8_pem(LineEnding::LF).ok()?.to_string()
        }
        KeyAlgorithm::Es256 => {
            // Fails for one of four thousand million numbers.
            let secret = p256::SecretKey::from_slice(&bytes).ok()?;
            secret.to_pkcs8_pem(LineEnding::LF).ok()?.to_string()
        }
        KeyAlgorithm::Hs256 => return Some(generate_secret(randomness)),
    };
    Some(text.into())
}
