//! What every issuer of staff tokens MUST do.

use chrono::{DateTime, TimeDelta, Utc};

use super::case::Case;
use crate::ids::{SessionId, StaffId, TokenId};
use crate::session::TokenError;
use crate::staff::{StaffClaims, StaffRole, StaffTokenIssuer, StaffTokenKind};
use crate::testing::SequenceRandomness;

/// The time of the cases: 2026-11-23T09:30:00Z.
const NOW: DateTime<Utc> = DateTime::from_timestamp(1_795_426_200, 0).expect("in range");

/// The cases.
pub const CASES: &[Case<dyn StaffTokenIssuer>] = &[
    ("claims_are_read_as_they_were_signed", same_claims),
    ("a_token_is_invalid_from_its_expiry_on", expiry),
    ("a_token_with_any_changed_character_is_refused", changed_character),
];

/// Returns claims of each kind and role.
fn all_claims() -> Vec<StaffClaims> {
    let randomness = SequenceRandomness::default();
    let claims = |kind, role| StaffClaims {
        kind,
        id: TokenId::generate(&randomness),
        staff_id: StaffId::generate(NOW, &randomness),
        session: SessionId::generate(NOW, &randomness),
        role,
        issued_at: NOW,
        expires_at: NOW + TimeDelta::minutes(5),
    };
    let of_kind = |kind| StaffRole::ALL.iter().map(move |role| (kind, *role));
    StaffTokenKind::ALL.into_iter().flat_map(of_kind).map(|(kind, role)| claims(kind, role)).collect()
}

fn issue(issuer: &dyn StaffTokenIssuer, claims: &StaffClaims) -> String {
    issuer.issue(claims).expect("signed").expose().to_owned()
}

fn same_claims(issuer: &dyn StaffTokenIssuer) {
    for claims in all_claims() {
        assert_eq!(issuer.verify(&issue(issuer, &claims), NOW), Ok(claims));
    }
}

fn expiry(issuer: &dyn StaffTokenIssuer) {
    for claims in all_claims() {
        let (token, expires_at) = (issue(issuer, &claims), claims.expires_at);
        assert_eq!(issuer.verify(&token, expires_at - TimeDelta::microseconds(1)), Ok(claims));
        assert_eq!(issuer.verify(&token, expires_at), Err(TokenError::Expired));
    }
}

fn changed_character(issuer: &dyn StaffTokenIssuer) {
    let token = issue(issuer, &all_claims()[0]);
    for (index, character) in token.char_indices() {
        let other = if character == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &token[..index], &token[index + 1..]);
        assert!(issuer.verify(&changed, NOW).is_err(), "character {index} changed to {other:?}");
    }
}
