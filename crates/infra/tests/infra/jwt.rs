//! Tokens. `tests/api` tests attacks on them over HTTP.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use secrecy::SecretSlice;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, TokenId};
use sihha_domain::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenError, TokenIssuer};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{JwtIssuer, KeyRing, KeyRingError, KeySources, TokenTyp};

fn now() -> chrono::DateTime<Utc> {
    FixedClock::at("2026-11-23T09:30:00Z").now()
}

fn issuer(name: &str, secret: &str) -> JwtIssuer {
    issuer_for(name, &[], secret)
}

fn issuer_for(name: &str, audiences: &[&str], secret: &str) -> JwtIssuer {
    let audiences: Vec<_> = audiences.iter().map(|name| (*name).to_owned()).collect();
    JwtIssuer::new(name, &audiences, Arc::new(ring(secret).unwrap()))
}

fn ring(secret: &str) -> Result<KeyRing, KeyRingError> {
    let secret = Some(SecretSlice::from(secret.as_bytes().to_vec()));
    let sources = KeySources { secret, key_store: None, longest_token: TimeDelta::hours(24) };
    KeyRing::open(sources, Arc::new(FixedClock::at("2026-11-23T09:30:00Z")))
}

fn access(role: Role) -> Claims {
    Claims::Access(AccessClaims(claims(role)))
}

fn refresh(role: Role) -> Claims {
    Claims::Refresh(RefreshClaims(claims(role)))
}

fn claims(role: Role) -> TokenClaims {
    let randomness = SequenceRandomness::default();
    TokenClaims {
        id: TokenId::generate(&randomness),
        profile_id: ProfileId::generate(now(), &randomness),
        session: SessionId::generate(now(), &randomness),
        role,
        is_approved: role == Role::Patient,
        is_email_verified: role != Role::Patient,
        scope: None,
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(5),
    }
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_token_of_another_issuer_is_refused_with_a_reason_for_the_log() {
    let ours = issuer("sihha", SECRET);
    let claims = access(Role::Doctor);
    let other_secret = issuer("sihha", "another secret of 32 bytes or so").issue(&claims).unwrap();
    assert_eq!(ours.verify(other_secret.expose(), now()), Err(TokenError::BadSignature));
    let other_name = issuer("other", SECRET).issue(&claims).unwrap();
    assert_eq!(ours.verify(other_name.expose(), now()), Err(TokenError::WrongIssuer));
    assert_eq!(ours.verify("not a token", now()), Err(TokenError::Malformed));
}

#[test]
fn an_access_token_has_an_audience_and_a_refresh_token_has_none() {
    let (ours, others) =
        (issuer_for("sihha", &["appointments", "files"], SECRET), issuer_for("sihha", &["billing"], SECRET));
    let (without, shared) = (issuer("sihha", SECRET), issuer_for("sihha", &["files"], SECRET));
    let token = ours.issue(&access(Role::Patient)).unwrap();
    assert!(ours.verify(token.expose(), now()).is_ok());
    assert!(shared.verify(token.expose(), now()).is_ok(), "one shared audience is enough");
    for other in [&others, &without] {
        assert_eq!(other.verify(token.expose(), now()), Err(TokenError::WrongAudience));
    }
    let before = without.issue(&access(Role::Patient)).unwrap();
    assert_eq!(ours.verify(before.expose(), now()), Err(TokenError::WrongAudience));
    for issuer in [&ours, &others, &without] {
        let refresh = issuer.issue(&refresh(Role::Patient)).unwrap();
        for reader in [&ours, &others, &without] {
            assert!(reader.verify(refresh.expose(), now()).is_ok(), "a change of audience logs no user out");
        }
    }
}

#[test]
fn access_tokens_of_rfc_9068_have_an_audience_and_the_others_stay_valid() {
    let before = issuer("sihha", SECRET);
    let after = issuer("sihha", SECRET).with_access_typ(TokenTyp::Access);
    let token = after.issue(&access(Role::Patient)).unwrap();
    assert!(after.verify(token.expose(), now()).is_ok());
    assert_eq!(jsonwebtoken::decode_header(token.expose()).unwrap().typ.as_deref(), Some("at+jwt"));
    for claims in [access(Role::Patient), refresh(Role::Patient)] {
        let token = before.issue(&claims).unwrap();
        assert_eq!(after.verify(token.expose(), now()), Ok(claims), "issued before");
    }
    let named = issuer_for("sihha", &["files"], SECRET).with_access_typ(TokenTyp::Access);
    assert_eq!(named.verify(token.expose(), now()), Err(TokenError::WrongAudience));
    assert!(named.verify(named.issue(&access(Role::Patient)).unwrap().expose(), now()).is_ok());
    let without = before.issue(&access(Role::Patient)).unwrap();
    assert_eq!(named.verify(without.expose(), now()), Err(TokenError::WrongAudience));
}

#[test]
fn a_secret_shorter_than_the_hash_is_refused() {
    let error = ring(&SECRET[1..]).err().unwrap();
    assert_eq!(error.to_string(), "the JWT secret has 31 bytes, but must have at least 32");
}
