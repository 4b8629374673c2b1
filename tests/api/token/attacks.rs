//! Attacks on tokens, each by its name: against `refresh`, `verify` and a bearer's call, on servers that sign with HS256,
//! EdDSA and ES256. What the database says of a token is tried where it is asked: `refresh.rs` and `account/me.rs`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use p256::ecdsa::Signature;
use serde_json::{Value, json};
use sihha_domain::clock::Clock;
use sihha_infra::jwt::KeyAlgorithm;
use sihha_tests::{Answer, TestApp};

use crate::support::{
    assert_invalid_token, assert_problem, base64url, opened, private_key, register, with, without,
};

/// The key of RFC 8037 §A.1, which anybody may have.
const STRANGERS_KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const STRANGERS_SECRET: &[u8] = b"a secret of somebody else's, long too";

type Attack = (String, String);

/// Where a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Refresh,
    Verify,
    Bearer,
}

impl Door {
    const ALL: [Self; 3] = [Self::Refresh, Self::Verify, Self::Bearer];

    /// The type of token that opens it.
    const fn token_type(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Verify | Self::Bearer => "access",
        }
    }

    fn knock(self, app: &TestApp, token: &str) -> Answer {
        match self {
            Self::Refresh => app.post("/api/token/refresh", &json!({ "refresh": token })),
            Self::Verify => app.post("/api/token/verify", &json!({ "token": token })),
            Self::Bearer => app.get_as(token, "/api/me"),
        }
    }

    #[track_caller]
    fn assert_closed(self, app: &TestApp, attack: &str, token: &str) {
        let (answer, case) = (self.knock(app, token), format!("{self:?}: {attack}"));
        if self == Self::Bearer {
            assert_invalid_token(&answer, &case);
        } else {
            assert_problem(&answer, 401, "token_not_valid", &case);
        }
    }
}

/// A server, and what an attacker is given who even has its key.
struct Target {
    app: TestApp,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Target {
    fn all() -> [Self; 3] {
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

    fn sign(&self, header: &Value, claims: &Value) -> String {
        sign(header, claims, &self.key, self.algorithm)
    }

    fn now(&self) -> i64 {
        self.app.clock.now().timestamp()
    }
}

fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    sign_text(&in_order(header), claims, key, algorithm)
}

/// The header with its members in the order in which the service writes them, always: one of another order is no header
/// of a token that is out there.
fn in_order(header: &Value) -> String {
    let members = header.as_object().unwrap();
    let first = ["typ", "alg"].into_iter().filter_map(|name| members.get_key_value(name));
    let others = members.iter().filter(|(name, _)| *name != "typ" && *name != "alg");
    let members: Vec<_> =
        first.chain(others).map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn sign_text(header: &str, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims.to_string()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    let signature = if algorithm == Algorithm::ES256 { lower_form(&signature) } else { signature };
    format!("{message}.{signature}")
}

/// Of the two forms of an ES256 signature the one that the service writes.
fn lower_form(signature: &str) -> String {
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    base64url(signature.normalize_s().unwrap_or(signature).to_bytes())
}

fn hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    sign(header, claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
}

#[test]
fn no_forged_token_opens_any_door() {
    for target in Target::all() {
        let registered = register(&target.app, "user", "amina@example.com");
        for door in Door::ALL {
            let token = registered.text_at(door.token_type());
            let (header, claims) = opened(token);
            let again = target.sign(&header, &claims);
            if door != Door::Refresh {
                let answer = door.knock(&target.app, &again);
                assert_eq!(answer.status, 200, "the forger signs as the service does: {}", answer.text);
            }
            let mut attacks = broken_tokens(token);
            attacks.extend(changed_parts(token, &claims));
            attacks.extend(other_algorithms(token, &header, &claims));
            attacks.extend(other_keys(&header, &claims));
            attacks.extend(key_ids(&target, &header, &claims));
            attacks.extend(other_headers(&target, &header, &claims));
            attacks.extend(other_claims(&target, &header, &claims));
            attacks.extend(public_keys(&target.app, &header, &claims));
            if target.algorithm == Algorithm::ES256 {
                attacks.extend(es256_signatures(token));
            }
            if door != Door::Verify {
                let other = if door == Door::Refresh { "access" } else { "refresh" };
                attacks.push((format!("{other} token"), registered.text_at(other).to_owned()));
                attacks.push((
                    "the other token_type".to_owned(),
                    target.sign(&header, &with(claims.clone(), "token_type", other)),
                ));
            }
            for (attack, token) in attacks {
                door.assert_closed(&target.app, &format!("{:?}: {attack}", target.algorithm), &token);
            }
            assert_eq!(
                door.knock(&target.app, token).status,
                200,
                "{door:?}: the true token, after all that"
            );
        }
    }
}

fn named<const N: usize>(attacks: [(&str, String); N]) -> Vec<Attack> {
    attacks.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()
}

/// Not a token at all, or not one alone.
fn broken_tokens(token: &str) -> Vec<Attack> {
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

/// A true token with one part replaced.
fn changed_parts(token: &str, claims: &Value) -> Vec<Attack> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a token has three parts: {token}") };
    let other_first = if signature.starts_with('A') { "B" } else { "A" };
    let changed = |path: &str, value: &str| base64url(with(claims.clone(), path, value).to_string());
    let doctor = changed("role", "doctor");
    let victim = changed("user_id", "019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");
    // The last letter has bits to spare, which must be zero: a signature is written in one way.
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

/// The right claims under another algorithm.
fn other_algorithms(token: &str, header: &Value, claims: &Value) -> Vec<Attack> {
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

/// The right claims signed by somebody else, who brings the key along.
fn other_keys(header: &Value, claims: &Value) -> Vec<Attack> {
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

/// Names of keys that are none, signed with what an attacker hopes to be found there, and with the true key.
fn key_ids(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
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

/// The true key's header as the service does not write it, signed with that key.
fn other_headers(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
    let text = in_order(header);
    let sign = |header: &str| sign_text(header, claims, &target.key, target.algorithm);
    named([
        ("a header in another order", sign(&header.to_string())),
        ("a header with white space", sign(&format!("{text} "))),
        ("a header that says alg twice", sign(&text.replacen('{', r#"{"alg":"none","#, 1))),
        ("another typ", target.sign(&with(header.clone(), "typ", "at+jwt"), claims)),
        ("no typ", target.sign(&without(header.clone(), "typ"), claims)),
    ])
}

/// Claims that the service does not write, signed with its own key.
fn other_claims(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
    let now = target.now();
    let mut cases: Vec<(String, Value)> =
        ["exp", "iss", "iat", "jti", "user_id", "sid", "role", "isPatient", "is_approved", "token_type"]
            .into_iter()
            .map(|claim| (format!("no {claim}"), without(claims.clone(), claim)))
            .collect();
    for (name, claim, value) in [
        ("another issuer", "iss", json!("somebody")),
        ("several issuers", "iss", json!(["sihha", "somebody"])),
        ("another audience", "aud", json!("somebody")),
        ("several audiences", "aud", json!(["sihha", "somebody"])),
        ("an audience that is no text", "aud", json!(1)),
        ("exp null", "exp", json!(null)),
        ("exp as text", "exp", json!((now + 60).to_string())),
        ("exp with a fraction", "exp", json!((now + 60).to_string().parse::<f64>().unwrap() + 0.5)),
        ("exp a second ago", "exp", json!(now - 1)),
        ("exp now", "exp", json!(now)),
        ("exp of 1970", "exp", json!(0)),
        ("negative exp", "exp", json!(-1)),
        ("exp beyond all calendars", "exp", json!(i64::MAX)),
        ("exp beyond all integers", "exp", json!(1e300)),
        ("exp a list", "exp", json!([now + 60])),
        ("nbf in a second", "nbf", json!(now + 1)),
        ("nbf as text", "nbf", json!("now")),
        ("user_id that is none", "user_id", json!("1 OR 1=1")),
        ("sid that is none", "sid", json!("1 OR 1=1")),
        ("jti that is none", "jti", json!("../../etc/passwd")),
        ("token_type in capitals", "token_type", json!("ACCESS")),
        ("token_type of another kind", "token_type", json!("id")),
        ("unknown role", "role", json!("staff")),
        ("two roles", "isDoctor", json!(true)),
    ] {
        cases.push((name.to_owned(), with(claims.clone(), claim, value)));
    }
    for whole in [json!(null), json!([]), json!("access"), json!({})] {
        cases.push((format!("claims {whole}"), whole));
    }
    cases.into_iter().map(|(name, claims)| (name, target.sign(header, &claims))).collect()
}

/// HS256 with the public key as the secret, in every form that a verifier may keep it in (RFC 8725 §2.1).
fn public_keys(app: &TestApp, header: &Value, claims: &Value) -> Vec<Attack> {
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

/// Signatures (r, s) that a careless verifier takes.
fn es256_signatures(token: &str) -> Vec<Attack> {
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

#[test]
fn a_token_opens_no_door_from_the_second_of_its_expiry_on() {
    for target in Target::all() {
        for (door, lifetime) in [(Door::Verify, 300), (Door::Bearer, 300), (Door::Refresh, 24 * 60 * 60)] {
            let registered = register(&target.app, "user", &format!("{door:?}@example.com"));
            let token = registered.text_at(door.token_type());
            target.app.pass(Duration::from_secs(lifetime - 1));
            if door != Door::Refresh {
                assert_eq!(door.knock(&target.app, token).status, 200, "{door:?}: a second before");
            }
            target.app.pass(Duration::from_secs(1));
            door.assert_closed(&target.app, "expired this second", token);
            target.app.pass(Duration::from_secs(1));
            door.assert_closed(&target.app, "expired by a second", token);
        }
    }
}

#[test]
fn a_token_that_is_too_long_is_refused_before_it_is_read() {
    let app = TestApp::start();
    let token = "x".repeat(300_000);
    for door in [Door::Refresh, Door::Verify] {
        assert_problem(&door.knock(&app, &token), 413, "payload_too_large", &format!("{door:?}"));
    }
    let request =
        format!("GET /api/me HTTP/1.1\r\nHost: sihha\r\nAuthorization: Bearer {}\r\n\r\n", &token[..140_000]);
    let answer = app.send_bytes(request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
