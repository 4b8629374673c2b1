use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sihha_domain::account::Role;
use sihha_tests::{Answer, TestApp};
use ureq::http::Method;

use crate::support::{
    ROLES, assert_problem, base64url, log_in, opened, register, signed, signed_with, with, without,
};

/// What `GET /api/me` must answer to the account that `registered` is about.
fn without_tokens(registered: &Answer) -> Value {
    without(without(registered.json.clone(), "access"), "refresh")
}

fn me_with(app: &TestApp, authorization: &str) -> Answer {
    let request = app.request(Method::GET, "/api/me").header("Authorization", authorization);
    app.send(request.body(()).unwrap())
}

#[test]
fn every_role_sees_what_registration_answered_while_it_waits() {
    let app = TestApp::start();
    for role in ROLES {
        let registered = register(&app, role, &format!("{role}@example.com"));
        for path in ["/api/me", "/api/me/"] {
            let answer = app.get_as(registered.text_at("access"), path);
            assert_eq!(answer.status, 200, "{role}: {}", answer.text);
            assert_eq!(answer.json, without_tokens(&registered), "{role}");
        }
    }
}

#[test]
fn an_approved_account_sees_that_it_is() {
    let app = TestApp::start();
    for role in [Role::Doctor, Role::Hospital, Role::Labo] {
        let email = format!("{}@example.com", role.as_str());
        let registered = register(&app, role.as_str(), &email);
        app.approve(role, &email);
        let wanted = with(without_tokens(&registered), "is_approved", true);
        // The token from before the approval, and one from a login after it.
        let login = log_in(&app, role.as_str(), &email);
        for token in [registered.text_at("access"), login.text_at("access")] {
            assert_eq!(app.get_as(token, "/api/me").json, wanted, "{}", role.as_str());
        }
    }
}

#[test]
fn each_token_shows_its_own_account() {
    let app = TestApp::start();
    let accounts = ["amina@example.com", "samir@example.com"].map(|email| register(&app, "user", email));
    for registered in accounts {
        let answer = app.get_as(registered.text_at("access"), "/api/me");
        assert_eq!(answer.json, without_tokens(&registered));
    }
}

#[test]
fn nobody_may_keep_the_answer() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    assert_eq!(app.get_as(registered.text_at("access"), "/api/me").header("Cache-Control"), "no-store");
    assert_eq!(registered.header("Cache-Control"), "no-store");
}

#[test]
fn the_scheme_is_read_in_any_case() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(
            me_with(&app, &format!("{scheme} {}", registered.text_at("access"))).status,
            200,
            "{scheme}"
        );
    }
}

#[test]
fn without_a_bearer_token_the_answer_says_how_to_send_one() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let basic = format!("Basic {}", base64url(b"amina@example.com:a password"));
    let cases = [
        ("no header", app.get("/api/me")),
        ("an empty header", me_with(&app, "")),
        ("a scheme without a token", me_with(&app, "Bearer")),
        ("a scheme and a space", me_with(&app, "Bearer ")),
        ("another scheme", me_with(&app, &basic)),
        ("the token under another scheme", me_with(&app, &format!("Token {token}"))),
        ("the token without a scheme", me_with(&app, token)),
        ("the token in the query", app.get(&format!("/api/me?access_token={token}"))),
    ];
    for (case, answer) in cases {
        assert_problem(&answer, 401, "token_not_valid", case);
        // RFC 6750 §3.1: no error code for who showed no token.
        assert_eq!(answer.header("WWW-Authenticate"), r#"Bearer realm="sihha""#, "{case}");
    }
}

#[test]
fn a_header_that_is_no_text_is_no_token() {
    let app = TestApp::start();
    let request = b"GET /api/me HTTP/1.1\r\nHost: sihha\r\nAuthorization: Bearer \xc3\xa9.\xff\r\nConnection: close\r\n\r\n";
    let answer = app.send_bytes(request);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.to_lowercase().contains("\r\nwww-authenticate: bearer realm="), "{answer}");
}

#[track_caller]
fn assert_invalid_token(answer: &Answer, case: &str) {
    assert_problem(answer, 401, "token_not_valid", case);
    let challenge = answer.header("WWW-Authenticate");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#),
        "{case}: {challenge}"
    );
}

#[test]
fn a_token_opens_nothing_from_the_second_of_its_expiry_on() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let me = || app.get_as(registered.text_at("access"), "/api/me");
    app.pass(Duration::from_secs(299));
    assert_eq!(me().status, 200, "a second before");
    app.pass(Duration::from_millis(999));
    assert_eq!(me().status, 200, "a millisecond before");
    app.pass(Duration::from_millis(1));
    assert_invalid_token(&me(), "at exactly exp");
    app.pass(Duration::from_secs(1));
    assert_invalid_token(&me(), "a second after");
}

#[test]
fn the_token_of_a_deleted_account_opens_nothing() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    app.database.execute("DELETE FROM profiles").unwrap();
    assert_invalid_token(&app.get_as(registered.text_at("access"), "/api/me"), "deleted");
}

#[test]
fn no_forged_token_opens_anything() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let victim = register(&app, "user", "victim@example.com");
    let token = registered.text_at("access");
    let (_, claims) = opened(token);
    assert_eq!(app.get_as(&signed(&claims), "/api/me").status, 200, "the forger signs as the service does");

    let other_id = with(claims.clone(), "user_id", victim.json["id"].clone());
    let mut attacks = vec![("a refresh token", registered.text_at("refresh").to_owned())];
    attacks.extend(broken_tokens(token));
    attacks.extend(changed_parts(token, &other_id));
    attacks.extend(other_algorithms(token, &claims));
    attacks.extend(other_keys(&claims));
    for (attack, token) in attacks {
        assert_invalid_token(&app.get_as(&token, "/api/me"), attack);
    }
}

/// Not a token at all.
fn broken_tokens(token: &str) -> [(&'static str, String); 6] {
    [
        ("garbage", "garbage".to_owned()),
        ("only dots", "..".to_owned()),
        ("not base64", "$.$.$".to_owned()),
        ("base64 of no JSON", format!("{0}.{0}.{0}", base64url(b"no JSON"))),
        ("a part too many", format!("{token}.x")),
        ("twenty thousand letters", "x".repeat(20_000)),
    ]
}

/// A true token with one part replaced.
fn changed_parts(token: &str, other_claims: &Value) -> [(&'static str, String); 5] {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a token has three parts: {token}") };
    let first = if signature.starts_with('A') { "B" } else { "A" };
    [
        (
            "tampered payload",
            format!("{header}.{}.{signature}", base64url(other_claims.to_string().as_bytes())),
        ),
        ("tampered signature", format!("{header}.{payload}.{first}{}", &signature[1..])),
        ("half a signature", format!("{header}.{payload}.{}", &signature[..20])),
        ("empty signature", format!("{header}.{payload}.")),
        ("no signature", format!("{header}.{payload}")),
    ]
}

/// The right claims under another algorithm.
fn other_algorithms(token: &str, claims: &Value) -> Vec<(&'static str, String)> {
    let parts: Vec<_> = token.split('.').collect();
    let named = |alg: &str| base64url(json!({ "alg": alg, "typ": "JWT" }).to_string().as_bytes());
    let with_alg = |alg, signature| format!("{}.{}.{signature}", named(alg), parts[1]);
    let hmac = |algorithm| signed_with(&Header::new(algorithm), claims, TestApp::JWT_SECRET);
    vec![
        ("alg none", with_alg("none", "")),
        ("alg None", with_alg("None", "")),
        ("alg NONE", with_alg("NONE", "")),
        ("alg none with the old signature", with_alg("none", parts[2])),
        ("alg hs256 in small letters", with_alg("hs256", parts[2])),
        ("alg RS256 with the old signature", with_alg("RS256", parts[2])),
        ("HS384 with the same secret", hmac(Algorithm::HS384)),
        ("HS512 with the same secret", hmac(Algorithm::HS512)),
    ]
}

/// The right claims signed by somebody else.
fn other_keys(claims: &Value) -> Vec<(&'static str, String)> {
    let secret = b"a secret of somebody else's, long too";
    let named = |header: Header| signed_with(&header, claims, secret);
    let plain = Header::new(Algorithm::HS256);
    let own_key = Jwk::from_encoding_key(&EncodingKey::from_secret(secret), Algorithm::HS256).unwrap();
    vec![
        ("another secret", named(plain.clone())),
        ("an empty secret", signed_with(&plain, claims, b"")),
        ("a key that the token brings along", named(Header { jwk: Some(own_key), ..plain.clone() })),
        (
            "a key that the token links to",
            named(Header { jku: Some("http://127.0.0.1:9/".into()), ..plain.clone() }),
        ),
        ("a key id that is a file", named(Header { kid: Some("/dev/null".into()), ..plain })),
    ]
}

#[test]
fn a_token_with_other_claims_than_the_service_makes_opens_nothing() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let (_, claims) = opened(registered.text_at("access"));
    let but = |path: &str, value: Value| with(claims.clone(), path, value);
    let lacking = |path: &str| without(claims.clone(), path);
    let attacks = [
        ("another issuer", but("iss", json!("somebody"))),
        ("several issuers", but("iss", json!(["sihha", "somebody"]))),
        ("no issuer", lacking("iss")),
        ("missing exp", lacking("exp")),
        ("exp null", but("exp", json!(null))),
        ("exp as text", but("exp", json!("4102444800"))),
        ("exp of 1970", but("exp", json!(0))),
        ("negative exp", but("exp", json!(-1))),
        ("exp beyond all calendars", but("exp", json!(i64::MAX))),
        ("exp beyond all integers", but("exp", json!(1e300))),
        ("missing user_id", lacking("user_id")),
        ("user_id that is none", but("user_id", json!("1 OR 1=1"))),
        ("user_id of nobody", but("user_id", json!("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"))),
        ("missing token_type", lacking("token_type")),
        ("token_type in capitals", but("token_type", json!("ACCESS"))),
        ("token_type refresh", but("token_type", json!("refresh"))),
        ("no role", lacking("role")),
        ("unknown role", but("role", json!("staff"))),
        ("no role's flag", lacking("isPatient")),
        ("missing sid", lacking("sid")),
        ("sid of nobody", but("sid", json!("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90"))),
        ("missing is_approved", lacking("is_approved")),
        ("two roles", but("isDoctor", json!(true))),
        ("missing jti", lacking("jti")),
    ];
    for (attack, claims) in attacks {
        assert_invalid_token(&app.get_as(&signed(&claims), "/api/me"), attack);
    }
    for claims in [json!(null), json!([]), json!("access"), json!({})] {
        assert_invalid_token(&app.get_as(&signed(&claims), "/api/me"), &format!("claims {claims}"));
    }
}
