//! The claims of the tokens that registration and login return.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use sihha_domain::account::{PerRole, Role};
use sihha_tests::{Response, TestApp, TestDatabase};

use crate::support::{log_in, opened, register};

/// [`TestApp::NOW`] in seconds since 1970.
const NOW: i64 = 1_795_426_200;

/// Registers and approves an account of each role. Returns the responses to registration and login.
fn sessions(app: &TestApp) -> Vec<(Role, Response, Response)> {
    let session = |role: Role| {
        let email = format!("{}@example.com", role.as_str());
        let registered = register(app, role.as_str(), &email);
        if role.needs_approval() {
            app.approve(role, &email);
        }
        (role, registered, log_in(app, role.as_str(), &email))
    };
    Role::ALL.into_iter().map(session).collect()
}

fn is_hex_id(jti: &Value) -> bool {
    jti.as_str().is_some_and(|jti| {
        jti.len() == 32 && jti.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[test]
fn the_claims_are_those_of_the_contract_and_of_the_session() {
    let app = TestApp::start();
    for (role, registered, login) in sessions(&app) {
        for answer in [&registered, &login] {
            for (token_type, lifetime) in [("access", 300), ("refresh", 86_400)] {
                let (header, claims) = opened(answer.text_at(token_type));
                assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
                assert!(is_hex_id(&claims["jti"]), "{claims}");
                let mut wanted = json!({
                    "token_type": token_type,
                    "iat": NOW,
                    "exp": NOW + lifetime,
                    "jti": claims["jti"],
                    "sub": registered.json["id"],
                    "user_id": registered.json["id"],
                    "sid": claims["sid"],
                    "role": role.as_str(),
                    "is_approved": answer.status == 200 || role == Role::Patient,
                    "email_verified": false,
                    "iss": "sihha",
                    role.flag(): true,
                });
                if token_type == "refresh" {
                    wanted["type"] = "refresh".into();
                }
                assert_eq!(claims, wanted, "{}", role.as_str());
            }
        }
    }
}

#[test]
fn the_user_id_in_the_tokens_is_the_profile_id_for_every_role() {
    let app = TestApp::start();
    for (role, registered, login) in sessions(&app) {
        let id = &registered.json["id"];
        assert_eq!(&login.json["id"], id, "{}", role.as_str());
        if role != Role::Patient {
            assert_eq!(&registered.json["profile"]["id"], id, "{}", role.as_str());
        }
    }
}

#[test]
fn no_two_tokens_have_the_same_id() {
    let app = TestApp::start();
    let mut names = HashSet::new();
    let mut count = 0;
    for (_, registered, login) in sessions(&app) {
        for token in [&registered, &login].iter().flat_map(|a| [a.text_at("access"), a.text_at("refresh")]) {
            names.insert(opened(token).1["jti"].to_string());
            count += 1;
        }
    }
    assert_eq!((count, names.len()), (16, 16));
}

#[test]
fn another_service_with_the_secret_can_verify_the_tokens() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["sihha"]);
    // The clock of the tests is not the system's clock.
    validation.validate_exp = false;
    let check = |token: &str, secret: &[u8]| {
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(secret), &validation)
    };
    for token in [registered.text_at("access"), registered.text_at("refresh")] {
        assert!(check(token, TestApp::JWT_SECRET).is_ok());
        assert!(check(token, b"a secret of somebody else's, long too").is_err());
    }
}

#[test]
fn the_operator_sets_lifetimes_and_issuer() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.lifetimes.access_lifetime = TimeDelta::seconds(7);
        options.lifetimes.refresh_lifetime = PerRole::same(TimeDelta::seconds(70));
        options.jwt_issuer = "santé.dz".to_owned();
    });
    let registered = register(&app, "user", "amina@example.com");
    for (token_type, lifetime) in [("access", 7), ("refresh", 70)] {
        let (_, claims) = opened(registered.text_at(token_type));
        assert_eq!((&claims["exp"], &claims["iss"]), (&json!(NOW + lifetime), &json!("santé.dz")));
    }
    assert_eq!(registered.json["expires_in"], 7);
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 200);
    app.pass(Duration::from_secs(7));
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").status, 401);
}
