//! Headers and claims that the service does not write, signed with its own key.

use serde_json::{Value, json};

use super::forger::{Attack, Target, in_order, named, sign_text};
use crate::support::{with, without};

/// Returns tokens with headers that the service does not write, signed with its own key.
pub(super) fn other_headers(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
    let text = in_order(header);
    let sign = |header: &str| sign_text(header, claims, &target.key, target.algorithm);
    named([
        ("a header in another order", sign(&header.to_string())),
        ("a header with white space", sign(&format!("{text} "))),
        ("a header with alg twice", sign(&text.replacen('{', r#"{"alg":"none","#, 1))),
        ("another typ", target.sign(&with(header.clone(), "typ", "at+jwt"), claims)),
        ("no typ", target.sign(&without(header.clone(), "typ"), claims)),
    ])
}

/// Returns tokens with claims that the service does not write, signed with its own key.
pub(super) fn other_claims(target: &Target, header: &Value, claims: &Value) -> Vec<Attack> {
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
        ("an audience that is not a text", "aud", json!(1)),
        ("exp null", "exp", json!(null)),
        ("exp as text", "exp", json!((now + 60).to_string())),
        ("exp with a fraction", "exp", json!((now + 60).to_string().parse::<f64>().unwrap() + 0.5)),
        ("exp a second ago", "exp", json!(now - 1)),
        ("exp now", "exp", json!(now)),
        ("exp of 1970", "exp", json!(0)),
        ("negative exp", "exp", json!(-1)),
        ("exp after the last date", "exp", json!(i64::MAX)),
        ("exp above the largest integer", "exp", json!(1e300)),
        ("exp a list", "exp", json!([now + 60])),
        ("nbf in a second", "nbf", json!(now + 1)),
        ("nbf as text", "nbf", json!("now")),
        ("user_id that is not a UUID", "user_id", json!("1 OR 1=1")),
        ("sid that is not a UUID", "sid", json!("1 OR 1=1")),
        ("jti that is not an id", "jti", json!("../../etc/passwd")),
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
