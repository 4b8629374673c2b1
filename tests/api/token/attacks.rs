//! Attacks on tokens, each with a name: against `refresh`, `verify` and calls with a bearer token,
//! on servers that sign with HS256, EdDSA and ES256. `refresh.rs` and `account/me.rs` test what
//! needs the database.

mod contents;
mod forger;
mod forms;
mod keys;

use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::json;
use sihha_tests::{Response, TestApp};

use self::contents::{other_claims, other_headers};
use self::forger::Target;
use self::forms::{broken_tokens, changed_parts, es256_signatures, other_algorithms};
use self::keys::{key_ids, other_keys, public_keys};
use crate::support::{assert_invalid_token, assert_problem, opened, register, with};

/// Where a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Refresh,
    Verify,
    Bearer,
}

impl Door {
    const ALL: [Self; 3] = [Self::Refresh, Self::Verify, Self::Bearer];

    /// Returns the type of token that it accepts.
    const fn token_type(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Verify | Self::Bearer => "access",
        }
    }

    fn knock(self, app: &TestApp, token: &str) -> Response {
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

#[test]
fn every_forged_token_is_refused_everywhere() {
    for target in Target::all() {
        let registered = register(&target.app, "user", "amina@example.com");
        for door in Door::ALL {
            let token = registered.text_at(door.token_type());
            let (header, claims) = opened(token);
            let again = target.sign(&header, &claims);
            if door != Door::Refresh {
                let answer = door.knock(&target.app, &again);
                assert_eq!(answer.status, 200, "a token that the test signed is accepted: {}", answer.text);
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
            assert_eq!(door.knock(&target.app, token).status, 200, "{door:?}: the valid token still works");
        }
    }
}

#[test]
fn a_token_is_refused_everywhere_from_its_expiry_on() {
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
fn a_token_that_is_too_long_is_refused_before_it_is_parsed() {
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
