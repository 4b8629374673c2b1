//! Tokens that another key signed, or whose key the service does not have.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use sihha_tests::TestApp;

use super::forger::{Attack, Target, hmac, sign};
use crate::support::{base64url, with, without};

/// The key of RFC 8037 §A.1, which is public.
const STRANGERS_KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const STRANGERS_SECRET: &[u8] = b"a secret of somebody else's, long too";

/// Returns valid claims, signed with another key, which the header may contain.
pub(super) fn other_keys(header: &Value, claims: &Value) -> Vec<Attack> {
    let der = STANDARD.decode(STRANGERS_KEY).unwrap();
    let ed = EncodingKey::from_ed_der(&der);
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let oct = json!({ "kty": "oct", "alg": "HS256", "k": base64url(STRANGERS_SECRET) });
    let mut attacks = Vec::new();
    let ids = [
        ("the service's kid", header["kid"].clone()),
        ("no kid", Value::Null),
        ("its own kid", public["kid"].clone()),
    ];
    for (whose, kid) in ids {
        for (alg, jwk) in [("EdDSA", &public), ("HS256", &oct)] {
            for (what, member, value) in [
                ("nothing", "typ", json!("JWT")),
                ("jwk", "jwk", jwk.clone()),
                ("jku", "jku", json!("http://127.0.0.1:9/jwks.json")),
                ("x5u", "x5u", json!("file:///etc/ssl/cert.pem")),
                ("x5c", "x5c", json!([STRANGERS_KEY])),
            ] {
                let mut header = json!({ "alg": alg, "typ": "JWT", member: value });
                if !kid.is_null() {
                    header["kid"] = kid.clone();
                }
                let token = match alg {
                    "EdDSA" => sign(&header, claims, &ed, Algorithm::EdDSA),
                    _ => hmac(&header, claims, STRANGERS_SECRET),
                };
                attacks.push((format!("a stranger's {alg} key, {whose}, bringing {what}"), token));
            }
        }
    }
    let plain = json!({ "alg": "HS256", "typ": "JWT" });
    attacks.push(("an empty secret".to_owned(), hmac(&plain, claims, b"")));
    attacks
}

/// Returns tokens with names of keys that do not exist, signed with the content that an attacker
/// expects there, and with the server's key.
pub(super) fn key_ids(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
    let hmac_header = json!({ "alg": "HS256", "typ": "JWT" });
    let ids = [
        ("a path", json!("../../../../dev/null")),
        ("an absolute path", json!("/dev/null")),
        ("a path and NUL", json!("/dev/null\0.pem")),
        ("SQL", json!("x' UNION SELECT '' --")),
        ("a shell's", json!("$(id)")),
        ("huge", json!("k".repeat(10_000))),
        ("empty", json!("")),
        ("a number", json!(1)),
        ("a list", json!(["a"])),
        ("an object", json!({})),
    ];
    let mut attacks = Vec::new();
    for (name, kid) in ids {
        attacks.push((
            format!("kid {name}, an empty secret"),
            hmac(&with(hmac_header.clone(), "kid", kid.clone()), claims, b""),
        ));
        attacks.push((
            format!("kid {name}, the true key"),
            target.sign(&with(header.clone(), "kid", kid), claims),
        ));
    }
    for crit in
        [json!(["exp"]), json!(["b64"]), json!([]), json!("exp"), json!(["http://example.com/UNDEFINED"])]
    {
        let header = with(with(header.clone(), "crit", crit.clone()), "b64", false);
        attacks.push((format!("crit {crit}, the true key"), target.sign(&header, claims)));
    }
    attacks
}

/// Returns tokens signed by HS256 with the public key as the secret, in every format in which a
/// verifier may store it (RFC 8725 §2.1).
pub(super) fn public_keys(app: &TestApp, header: &Value, claims: &Value) -> Vec<Attack> {
    let set = app.get("/.well-known/jwks.json");
    let Some(jwk) = set.json["keys"].get(0) else { return Vec::new() };
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap_or_default()).unwrap();
    let (x, y) = (coordinate("x"), coordinate("y"));
    let (prefix, point): (&[u8], _) = if y.is_empty() {
        (b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", x.clone())
    } else {
        (
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00",
            [&[4], &x[..], &y[..]].concat(),
        )
    };
    let der = [prefix, &point].concat();
    let lines: Vec<_> = STANDARD
        .encode(&der)
        .into_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let with_kid = with(json!({ "alg": "HS256", "typ": "JWT" }), "kid", header["kid"].clone());
    let mut attacks = Vec::new();
    for (form, secret) in [
        ("PEM", format!("{pem}\n").into_bytes()),
        ("PEM without the last line break", pem.clone().into_bytes()),
        ("DER", der),
        ("raw point", point),
        ("raw x", x),
        ("x in base64url", jwk["x"].as_str().unwrap().into()),
        ("JWK", jwk.to_string().into_bytes()),
        ("JWK Set", set.text.clone().into_bytes()),
    ] {
        attacks.push((format!("HS256 with the public key as {form}"), hmac(&with_kid, claims, &secret)));
        let without_kid = without(with_kid.clone(), "kid");
        attacks.push((
            format!("HS256 with the public key as {form}, no kid"),
            hmac(&without_kid, claims, &secret),
        ));
    }
    attacks
}
