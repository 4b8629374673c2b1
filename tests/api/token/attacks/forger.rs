//! Signs forged tokens as the service signs its own.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use p256::ecdsa::Signature;
use serde_json::{Value, json};
use sihha_domain::clock::Clock;
use sihha_infra::jwt::KeyAlgorithm;
use sihha_tests::TestApp;

use crate::support::{base64url, private_key};

/// The name of an attack, and its token.
pub(super) type Attack = (String, String);

/// Returns the attacks with owned names.
pub(super) fn named<const N: usize>(attacks: [(&str, String); N]) -> Vec<Attack> {
    attacks.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()
}

/// A server, and its key: the strongest attacker can sign as the server does.
pub(super) struct Target {
    pub(super) app: TestApp,
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
}

impl Target {
    pub(super) fn all() -> [Self; 3] {
        let secret = EncodingKey::from_secret(TestApp::JWT_SECRET);
        let keyed = |algorithm| TestApp::start_with_keys(algorithm, |_| {});
        let (eddsa, es256) = (keyed(KeyAlgorithm::EdDsa), keyed(KeyAlgorithm::Es256));
        let (ed, ec) = (private_key(&eddsa), private_key(&es256));
        [
            Self { app: TestApp::start(), algorithm: Algorithm::HS256, key: secret },
            Self { app: eddsa, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&ed) },
            Self { app: es256, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&ec) },
        ]
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        sign(header, claims, &self.key, self.algorithm)
    }

    pub(super) fn now(&self) -> i64 {
        self.app.clock.now().timestamp()
    }
}

pub(super) fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    sign_text(&in_order(header), claims, key, algorithm)
}

/// Returns the header with its members in the order in which the service writes them. A header in
/// another order is refused.
pub(super) fn in_order(header: &Value) -> String {
    let members = header.as_object().unwrap();
    let first = ["typ", "alg"].into_iter().filter_map(|name| members.get_key_value(name));
    let others = members.iter().filter(|(name, _)| *name != "typ" && *name != "alg");
    let members: Vec<_> =
        first.chain(others).map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

pub(super) fn sign_text(header: &str, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims.to_string()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    let signature = if algorithm == Algorithm::ES256 { lower_form(&signature) } else { signature };
    format!("{message}.{signature}")
}

/// Returns the low-S form of an ES256 signature, which the service writes.
pub(super) fn lower_form(signature: &str) -> String {
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    base64url(signature.normalize_s().unwrap_or(signature).to_bytes())
}

pub(super) fn hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    sign(header, claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
}
