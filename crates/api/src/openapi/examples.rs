//! Values for examples: the contract's requests, and the responses of the service to them.

use chrono::TimeDelta;
use serde_json::Value;
use sihha_domain::session::{Token, TokenPair};
use uuid::{Uuid, uuid};

/// An id of an account or a session.
pub(crate) const ID: Uuid = uuid!("019ab0f2-7c1e-7d3a-9f64-2b8c5e1a7d90");

/// A JWT, shortened.
pub(crate) const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…";

/// Cases with a request that is to succeed, one for each path.
const CASES: [&str; 8] = [
    include_str!("../../../../tests/contract/cases/01-user-register.json"),
    include_str!("../../../../tests/contract/cases/02-user-login.json"),
    include_str!("../../../../tests/contract/cases/03-doctor-register.json"),
    include_str!("../../../../tests/contract/cases/04-doctor-login-unapproved.json"),
    include_str!("../../../../tests/contract/cases/05-hospital-register.json"),
    include_str!("../../../../tests/contract/cases/07-hospital-login.json"),
    include_str!("../../../../tests/contract/cases/08-labo-register.json"),
    include_str!("../../../../tests/contract/cases/09-labo-login-unapproved.json"),
];

/// Returns the contract's request to `path`.
pub(crate) fn request(path: &str) -> Value {
    let cases = CASES.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let mut requests = cases.map(|mut case| case["request"].take());
    let request = requests
        .find(|request| request["path"].as_str().is_some_and(|own| own.trim_end_matches('/') == path));
    let mut body = request.map(|mut request| request["json"].take()).unwrap_or_default();
    // The contract's laboratory sends it, and it is ignored.
    body.as_object_mut().map(|members| members.remove("isLabo"));
    body
}

/// Returns tokens of the default lifetime.
pub(crate) fn tokens() -> TokenPair {
    let [access, refresh] = [(); 2].map(|()| Token::new(TOKEN.to_owned()));
    TokenPair { access, refresh, expires_in: TimeDelta::minutes(5) }
}
