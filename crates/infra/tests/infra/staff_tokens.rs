//! Tokens of staff beside those of accounts, which the same keys sign.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretSlice;
use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::{ProfileId, SessionId, StaffId, TokenId};
use sihha_domain::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenError, TokenIssuer};
use sihha_domain::staff::{StaffClaims, StaffRole, StaffTokenIssuer, StaffTokenKind};
use sihha_domain::testing::{FixedClock, SequenceRandomness};
use sihha_infra::jwt::{JwtIssuer, KeyAlgorithm, KeyRing, KeySources, KeyStore, StaffJwtIssuer, TokenTyp};
use sihha_infra::system::SystemRandomness;

const NOW: &str = "2026-11-23T09:30:00Z";

fn now() -> DateTime<Utc> {
    FixedClock::at(NOW).now()
}

/// Returns a ring that signs with a secret, and one that signs with a key pair.
fn rings() -> [Arc<KeyRing>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path().to_owned());
    store.generate(KeyAlgorithm::Es256, None, now(), &SystemRandomness).unwrap();
    let secret = SecretSlice::from(b"0123456789abcdef0123456789abcdef".to_vec());
    [(Some(secret), None), (None, Some(store))].map(|(secret, key_store)| {
        let sources = KeySources { secret, key_store, longest_token: TimeDelta::hours(24) };
        Arc::new(KeyRing::open(sources, Arc::new(FixedClock::at(NOW))).unwrap())
    })
}

fn staff_claims(kind: StaffTokenKind) -> StaffClaims {
    let randomness = SequenceRandomness::default();
    StaffClaims {
        kind,
        id: TokenId::generate(&randomness),
        staff_id: StaffId::generate(now(), &randomness),
        session: SessionId::generate(now() - TimeDelta::hours(1), &randomness),
        role: StaffRole::Admin,
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(5),
    }
}

fn payload(token: &str) -> Value {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[test]
fn a_token_of_staff_names_the_member_the_methods_and_its_own_audience() {
    let [ring, _] = rings();
    let claims = staff_claims(StaffTokenKind::Access);
    let token = StaffJwtIssuer::new("sihha", ring).issue(&claims).unwrap();
    let (iat, id) = (now().timestamp(), claims.staff_id.to_string());
    let expected = json!({
        "token_type": "access", "exp": iat + 300, "iat": iat, "jti": claims.id.to_string(), "sub": id,
        "sid": claims.session.to_string(), "role": "admin", "is_staff": true, "amr": ["pwd", "otp"],
        "auth_time": iat - 3600, "iss": "sihha", "aud": "sihha/staff",
    });
    assert_eq!(payload(token.expose()), expected);
}

#[test]
fn tokens_of_staff_and_of_accounts_are_not_confused() {
    for ring in rings() {
        let staff = StaffJwtIssuer::new("sihha", ring.clone());
        let account_issuers = [
            JwtIssuer::new("sihha", &[], ring.clone()),
            JwtIssuer::new("sihha", &["sihha/staff".to_owned()], ring.clone()),
            JwtIssuer::new("sihha", &[], ring.clone()).with_access_typ(TokenTyp::Access),
        ];
        for accounts in account_issuers {
            for kind in StaffTokenKind::ALL {
                let token = staff.issue(&staff_claims(kind)).unwrap();
                assert!(staff.verify(token.expose(), now()).is_ok());
                assert_eq!(accounts.verify(token.expose(), now()), Err(TokenError::Malformed));
            }
            for role in Role::ALL {
                for claims in account_claims(role) {
                    let token = accounts.issue(&claims).unwrap();
                    assert_eq!(accounts.verify(token.expose(), now()), Ok(claims));
                    assert_eq!(staff.verify(token.expose(), now()), Err(TokenError::Malformed));
                }
            }
        }
    }
}

fn account_claims(role: Role) -> [Claims; 2] {
    let randomness = SequenceRandomness::default();
    let claims = TokenClaims {
        id: TokenId::generate(&randomness),
        profile_id: ProfileId::generate(now(), &randomness),
        session: SessionId::generate(now(), &randomness),
        role,
        scope: None,
        is_approved: true,
        is_email_verified: true,
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(5),
    };
    [Claims::Access(AccessClaims(claims.clone())), Claims::Refresh(RefreshClaims(claims))]
}

#[test]
fn a_token_of_another_service_or_of_its_other_kind_is_refused() {
    let [_, ring] = rings();
    let staff = StaffJwtIssuer::new("sihha", ring.clone());
    let other = StaffJwtIssuer::new("other", ring).issue(&staff_claims(StaffTokenKind::Access)).unwrap();
    assert_eq!(staff.verify(other.expose(), now()), Err(TokenError::WrongIssuer));

    let [access, refresh] = StaffTokenKind::ALL.map(|kind| {
        let token = staff.issue(&staff_claims(kind)).unwrap();
        token.expose().split('.').map(ToOwned::to_owned).collect::<Vec<_>>()
    });
    assert_ne!(access[0], refresh[0], "the header tells the kind");
    let mixed = [refresh[0].as_str(), &access[1], &access[2]].join(".");
    assert!(staff.verify(&mixed, now()).is_err());
}
