//! What every issuer of tokens MUST do. Its time is [`NOW`], its name `sihha`.

use chrono::{DateTime, TimeDelta, Utc};

use super::case::Case;
use crate::account::Role;
use crate::ids::{ProfileId, SessionId, TokenId};
use crate::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenError, TokenIssuer, TokenScope};
use crate::testing::SequenceRandomness;

/// The time of the cases: 2026-11-23T09:30:00Z.
const NOW: DateTime<Utc> = DateTime::from_timestamp(1_795_426_200, 0).expect("in range");

/// The cases.
pub const CASES: &[Case<dyn TokenIssuer>] = &[
    ("claims_are_read_as_they_were_signed", same_claims),
    ("a_token_cannot_be_turned_into_the_other_kind", other_kind),
    ("a_token_is_invalid_from_its_expiry_on", expiry),
    ("a_token_with_any_changed_character_is_refused", changed_character),
    ("a_token_with_more_or_less_text_is_refused", changed_length),
    ("a_token_that_others_signed_is_refused", foreign_tokens),
];

/// Returns claims of each kind, role and scope.
fn all_claims() -> Vec<Claims> {
    let randomness = SequenceRandomness::default();
    let claims = |role| TokenClaims {
        id: TokenId::generate(&randomness),
        profile_id: ProfileId::generate(NOW, &randomness),
        session: SessionId::generate(NOW, &randomness),
        role,
        is_approved: role == Role::Patient,
        is_email_verified: role != Role::Patient,
        scope: None,
        issued_at: NOW,
        expires_at: NOW + TimeDelta::minutes(5),
    };
    let each = |role| {
        let scoped = TokenClaims { scope: Some(TokenScope::Application), ..claims(role) };
        [
            Claims::Access(AccessClaims(claims(role))),
            Claims::Access(AccessClaims(scoped)),
            Claims::Refresh(RefreshClaims(claims(role))),
        ]
    };
    Role::ALL.into_iter().flat_map(each).collect()
}

fn issue(issuer: &dyn TokenIssuer, claims: &Claims) -> String {
    issuer.issue(claims).expect("signed").expose().to_owned()
}

fn same_claims(issuer: &dyn TokenIssuer) {
    for claims in all_claims() {
        assert_eq!(issuer.verify(&issue(issuer, &claims), NOW), Ok(claims));
    }
}

fn other_kind(issuer: &dyn TokenIssuer) {
    let same = all_claims()[0].common().clone();
    let kinds = [Claims::Access(AccessClaims(same.clone())), Claims::Refresh(RefreshClaims(same))];
    let tokens = kinds.each_ref().map(|claims| issue(issuer, claims));
    for (token, claims) in tokens.iter().zip(kinds) {
        assert_eq!(issuer.verify(token, NOW), Ok(claims), "the id is the same");
    }
    let [access, refresh] = tokens.each_ref().map(|token| token.split('.').collect::<Vec<_>>());
    for index in 0..access.len().min(refresh.len()) {
        for (token, part) in [(&access, refresh[index]), (&refresh, access[index])] {
            let mut parts = token.clone();
            parts[index] = part;
            let mixed = parts.join(".");
            assert!(tokens.contains(&mixed) || issuer.verify(&mixed, NOW).is_err(), "part {index}");
        }
    }
}

fn expiry(issuer: &dyn TokenIssuer) {
    for claims in all_claims() {
        let (token, expires_at) = (issue(issuer, &claims), claims.common().expires_at);
        assert_eq!(issuer.verify(&token, expires_at - TimeDelta::microseconds(1)), Ok(claims));
        assert_eq!(issuer.verify(&token, expires_at), Err(TokenError::Expired));
    }
}

fn changed_character(issuer: &dyn TokenIssuer) {
    let token = issue(issuer, &all_claims()[0]);
    for (index, character) in token.char_indices() {
        let other = if character == 'A' { 'B' } else { 'A' };
        for other in [other, '\u{0}', '=', 'é'] {
            let changed = format!("{}{other}{}", &token[..index], &token[index + 1..]);
            assert!(issuer.verify(&changed, NOW).is_err(), "character {index} changed to {other:?}");
        }
    }
}

fn changed_length(issuer: &dyn TokenIssuer) {
    let token = issue(issuer, &all_claims()[0]);
    for end in 0..token.len() {
        assert!(issuer.verify(&token[..end], NOW).is_err(), "the first {end} characters");
        assert!(issuer.verify(&token[end + 1..], NOW).is_err(), "without the first {}", end + 1);
    }
    for extra in [" ", "\n", ".", "=", "A", &token] {
        assert!(issuer.verify(&format!("{token}{extra}"), NOW).is_err(), "{extra:?} appended");
        assert!(issuer.verify(&format!("{extra}{token}"), NOW).is_err(), "{extra:?} prepended");
    }
}

fn foreign_tokens(issuer: &dyn TokenIssuer) {
    // A patient's claims at the time of the cases.
    const CLAIMS: &str = "eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxNzk1NDI2NTAwLCJpYXQiOjE3OTU0MjYyMDAsImp0aSI6IjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAxIiwidXNlcl9pZCI6IjAxOWFiMGYyLTdjMWUtN2QzYS05ZjY0LTJiOGM1ZTFhN2Q5MCIsInNpZCI6IjAxOWFiMGYyLTdjMWUtN2QzYS05ZjY0LTJiOGM1ZTFhN2Q5MSIsInJvbGUiOiJ1c2VyIiwiaXNfYXBwcm92ZWQiOnRydWUsImlzcyI6InNpaGhhIiwiaXNQYXRpZW50Ijp0cnVlfQ";
    // {"typ":"JWT","alg":"none"}
    let unsigned = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{CLAIMS}.");
    // {"typ":"JWT","alg":"EdDSA","jwk":{…}}, and a signature that is valid by that key (the one of
    // RFC 8037, appendix A.1).
    let with_its_own_key = format!(
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImp3ayI6eyJrdHkiOiJPS1AiLCJjcnYiOiJFZDI1NTE5IiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm8ifX0.{CLAIMS}.i64_H1YjziXg1dRwjxQ_m6-VZ5EWYNqqbud67zJFtWqScU2qYeOSynUS_Am1zntwARkDsAy6wU_EDsUEMwjMAA"
    );
    for token in ["", ".", "..", "no token", "{}", &unsigned, &with_its_own_key] {
        assert!(issuer.verify(token, NOW).is_err(), "{token}");
    }
}
