//! Tokens whose form, algorithm or signature is wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use p256::ecdsa::Signature;
use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::forger::{Attack, named, sign};
use crate::support::{base64url, with, without};

/// Returns texts that are not exactly one token.
pub(super) fn broken_tokens(token: &str) -> Vec<Attack> {
    let (head, rest) = token.split_once('.').unwrap();
    named([
        ("garbage", "garbage".to_owned()),
        ("only dots", "..".to_owned()),
        ("not base64", "$.$.$".to_owned()),
        ("base64 of no JSON", format!("{0}.{0}.{0}", base64url("no JSON"))),
        ("a segment too many", format!("{token}.x")),
        ("an empty segment too many", format!("{token}.")),
        ("five segments, as JWE has them", format!("{token}.x.y")),
        ("half of it", token[..token.len() / 2].to_owned()),
        ("without its header", rest.to_owned()),
        ("white space within", format!("{head}. {rest}")),
        ("padding", format!("{token}==")),
        ("twice", format!("{token} {token}")),
        ("twenty thousand letters", "x".repeat(20_000)),
    ])
}

/// Returns valid tokens with one part replaced.
pub(super) fn changed_parts(token: &str, claims: &Value) -> Vec<Attack> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a token has three parts: {token}") };
    let other_first = if signature.starts_with('A') { "B" } else { "A" };
    let changed = |path: &str, value: &str| base64url(with(claims.clone(), path, value).to_string());
    let doctor = changed("role", "doctor");
    let victim = changed("user_id", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
    // The last letter has unused bits, which must be zero: a signature has one encoding.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let spare = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    named([
        ("another's id in the payload", format!("{header}.{victim}.{signature}")),
        ("another role in the payload", format!("{header}.{doctor}.{signature}")),
        ("an empty payload", format!("{header}..{signature}")),
        (
            "a changed header",
            format!("{}.{payload}.{signature}", base64url(r#"{"alg":"EdDSA","typ":"at+jwt"}"#)),
        ),
        ("a tampered signature", format!("{header}.{payload}.{other_first}{}", &signature[1..])),
        ("half a signature", format!("{header}.{payload}.{}", &signature[..20])),
        ("a longer signature", format!("{header}.{payload}.{signature}AAAA")),
        (
            "the signature in another spelling",
            format!("{header}.{payload}.{}{spare}", &signature[..signature.len() - 1]),
        ),
        ("an empty signature", format!("{header}.{payload}.")),
        ("no signature", format!("{header}.{payload}")),
    ])
}

/// Returns valid claims under other algorithms.
pub(super) fn other_algorithms(token: &str, header: &Value, claims: &Value) -> Vec<Attack> {
    let parts: Vec<_> = token.split('.').collect();
    let mut attacks = Vec::new();
    let mut add = |name: String, header: &Value, signature: &str| {
        attacks.push((name, format!("{}.{}.{signature}", base64url(header.to_string()), parts[1])));
    };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for (what, header) in
            [("with the kid", with(header.clone(), "alg", alg)), ("alone", json!({ "alg": alg }))]
        {
            add(format!("alg {alg:?} {what} and no signature"), &header, "");
            add(format!("alg {alg:?} {what} and the old signature"), &header, parts[2]);
        }
    }
    let own = header["alg"].as_str().unwrap();
    let others = ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA", "ES256K"];
    for alg in others.into_iter().filter(|alg| *alg != own) {
        add(format!("alg {alg} with the old signature"), &with(header.clone(), "alg", alg), parts[2]);
    }
    add("alg in small letters".to_owned(), &with(header.clone(), "alg", own.to_lowercase()), parts[2]);
    add("alg a number".to_owned(), &with(header.clone(), "alg", 256), parts[2]);
    add("no alg".to_owned(), &without(header.clone(), "alg"), parts[2]);
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let secret = EncodingKey::from_secret(TestApp::JWT_SECRET);
        let header = json!({ "alg": name, "typ": "JWT" });
        attacks.push((format!("{name} with the same secret"), sign(&header, claims, &secret, algorithm)));
    }
    attacks
}

/// Returns tokens with signatures (r, s) that a careless verifier accepts.
pub(super) fn es256_signatures(token: &str) -> Vec<Attack> {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let true_one = Signature::from_slice(&bytes).unwrap();
    let (r, s) = true_one.split_scalars();
    let mirrored = Signature::from_scalars(r, -s).unwrap();
    let order = b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let with_signature = |bytes: &[u8]| format!("{message}.{}", base64url(bytes));
    named([
        ("psychic signature (zeros)", with_signature(&[0; 64])),
        ("r and s the order", with_signature(&[&order[..], order].concat())),
        ("s zero", with_signature(&[&bytes[..32], &[0; 32]].concat())),
        ("r zero", with_signature(&[&[0; 32], &bytes[32..]].concat())),
        ("malleable signature (r, n - s)", with_signature(&mirrored.to_bytes())),
        ("signature in DER", with_signature(true_one.to_der().as_bytes())),
    ])
}
