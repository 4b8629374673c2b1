//! Tokens with hostile content. An issuer accepts only the text that it signed, and never panics.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::session::{AccessClaims, Claims, TokenClaims, TokenIssuer};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{JwtIssuer, KeyAlgorithm, KeyRing, KeySources, KeyStore};
use sihha_infra::system::SystemRandomness;

fn now() -> DateTime<Utc> {
    FixedClock::at("2026-11-23T09:30:00Z").now()
}

/// An issuer, and two tokens that it signed.
struct Target {
    issuer: JwtIssuer,
    tokens: [String; 2],
}

impl Target {
    fn with(algorithm: KeyAlgorithm) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path().to_owned());
        store.generate(algorithm, None, now(), &SystemRandomness).unwrap();
        let sources =
            KeySources { secret: None, key_store: Some(store), longest_token: TimeDelta::hours(24) };
        let ring = KeyRing::open(sources, Arc::new(FixedClock::at("2026-11-23T09:30:00Z"))).unwrap();
        let issuer = JwtIssuer::new("sihha", &[], Arc::new(ring));
        let tokens = [Role::Patient, Role::Doctor].map(|role| {
            let randomness = SequenceRandomness::default();
            let claims = Claims::Access(AccessClaims(TokenClaims {
                id: TokenId::generate(&randomness),
                profile_id: ProfileId::generate(now(), &randomness),
                session: SessionId::generate(now(), &randomness),
                role,
                is_approved: true,
                is_email_verified: true,
                scope: None,
                issued_at: now(),
                expires_at: now() + TimeDelta::minutes(5),
            }));
            issuer.issue(&claims).unwrap().expose().to_owned()
        });
        Self { issuer, tokens }
    }

    fn accepts(&self, token: &str) -> bool {
        self.issuer.verify(token, now()).is_ok()
    }

    /// Returns the parts of both tokens.
    fn parts(&self) -> [Vec<&str>; 2] {
        self.tokens.each_ref().map(|token| token.split('.').collect())
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Generates texts of a header or of claims: nearly valid ones, or any bytes.
fn json_text() -> impl Strategy<Value = Vec<u8>> {
    let member = prop_oneof![
        Just("alg"),
        Just("typ"),
        Just("kid"),
        Just("crit"),
        Just("b64"),
        Just("jwk"),
        Just("exp"),
        Just("aud"),
        Just("role"),
        Just("zip")
    ];
    let value = prop_oneof![
        Just(r#""HS256""#.to_owned()),
        Just(r#""none""#.to_owned()),
        Just("1e400".to_owned()),
        Just("[".repeat(300)),
        Just(r#""\ud800""#.to_owned()),
        any::<i128>().prop_map(|number| number.to_string()),
        "\"[ -!#-\\[\\]-~]{0,20}\"",
    ];
    let object = prop::collection::vec((member, value), 0..6).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    });
    prop_oneof![3 => object, 1 => prop::collection::vec(any::<u8>(), 0..80)]
}

const ALGORITHMS: [KeyAlgorithm; 3] = KeyAlgorithm::ALL;

#[test]
fn every_change_of_one_byte_is_refused() {
    let target = Target::with(KeyAlgorithm::Hs256);
    let token = &target.tokens[0];
    assert!(target.accepts(token));
    for index in 0..token.len() {
        for byte in 0..128_u8 {
            let mut changed = token.clone().into_bytes();
            changed[index] = byte;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(target.accepts(&changed), changed == *token, "byte {index} is {byte}");
        }
    }
}

#[test]
fn text_that_was_never_signed_is_refused() {
    let targets = ALGORITHMS.map(Target::with);
    proptest!(|(text in ".{0,300}")| {
        for target in &targets {
            prop_assert!(!target.accepts(&text));
        }
    });
}

#[test]
fn parts_with_other_content_are_refused() {
    let targets = ALGORITHMS.map(Target::with);
    let signature = prop::collection::vec(any::<u8>(), 0..80);
    proptest!(|(header in json_text(), claims in json_text(), signature in signature)| {
        let (header, claims, signature) = (base64url(header), base64url(claims), base64url(signature));
        for target in &targets {
            let [own, _] = target.parts();
            for forged in [
                format!("{header}.{claims}.{signature}"),
                format!("{header}.{}.{}", own[1], own[2]),
                format!("{}.{claims}.{}", own[0], own[2]),
                format!("{}.{}.{signature}", own[0], own[1]),
                format!("{header}.{}.", own[1]),
            ] {
                prop_assert!(!target.accepts(&forged), "{forged}");
            }
        }
    });
}

#[test]
fn parts_of_different_tokens_make_no_token() {
    for target in ALGORITHMS.map(Target::with) {
        let [one, other] = target.parts();
        assert!(!target.accepts(&format!("{}.{}.{}", one[0], one[1], other[2])));
        assert!(!target.accepts(&format!("{}.{}.{}", one[0], other[1], one[2])));
        assert!(!target.accepts(&format!("{}.{}.{}", one[1], one[0], one[2])));
    }
    let targets = ALGORITHMS.map(Target::with);
    for (index, target) in targets.iter().enumerate() {
        let others = targets.iter().enumerate().filter(|(other, _)| *other != index);
        assert!(others.flat_map(|(_, other)| &other.tokens).all(|token| !target.accepts(token)));
    }
}

#[test]
fn random_edits_of_a_token_are_refused() {
    let targets = ALGORITHMS.map(Target::with);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), 0..3_u8), 1..5);
    proptest!(|(edits in edits)| {
        for target in &targets {
            let mut token: Vec<char> = target.tokens[0].chars().collect();
            for (place, character, kind) in &edits {
                let index = place.index(token.len());
                match kind {
                    0 => token[index] = *character,
                    1 => token.insert(index, *character),
                    _ => drop(token.remove(index)),
                }
            }
            let token: String = token.into_iter().collect();
            prop_assert_eq!(target.accepts(&token), target.tokens.contains(&token));
        }
    });
}
