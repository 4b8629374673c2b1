use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sihha_domain::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest};

use super::json::{Json, read};
use crate::problem::ApiError;

/// Name of the header with the key (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Members of requests that are passwords.
const PASSWORDS: [&str; 4] = ["/password", "/profile/password", "/current_password", "/new_password"];

/// A JSON body of a request that the client may repeat.
pub(crate) struct Repeatable<T> {
    pub(crate) body: T,
    /// The request, if it has a key.
    pub(crate) request: Option<IdempotentRequest>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Repeatable<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = key(req.headers());
        let body = Json::<Value>::from_request(req, payload);
        Box::pin(async move {
            let (key, Json(body)) = (key?, body.await?);
            let content = || ContentDigest::of(without_passwords(&body).to_string().as_bytes());
            let request = key.map(|key| IdempotentRequest { key, content: content() });
            Ok(Self { body: read(body)?, request })
        })
    }
}

/// Returns the key, if the client sent one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(parse).filter(|_| values.next().is_none());
    key.map(Some).ok_or(ApiError::InvalidIdempotencyKey)
}

/// The quotation marks of the draft may be left out.
fn parse(value: &str) -> Option<IdempotencyKey> {
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    IdempotencyKey::parse(quoted.unwrap_or(value))
}

/// Replaces each password, and each text that is equal to one, such as a front end's repetition of
/// it.
pub(super) fn without_passwords(body: &Value) -> Value {
    fn redact(value: &mut Value, passwords: &[&Value]) {
        match value {
            value if passwords.contains(&&*value) => *value = Value::Null,
            Value::Array(entries) => entries.iter_mut().for_each(|entry| redact(entry, passwords)),
            Value::Object(members) => members.values_mut().for_each(|member| redact(member, passwords)),
            _ => {}
        }
    }
    let passwords: Vec<_> = PASSWORDS.iter().filter_map(|path| body.pointer(path)).collect();
    let mut redacted = body.clone();
    redact(&mut redacted, &passwords);
    redacted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_content_of_a_request_has_no_password() {
        let bodies = [
            json!({ "email": "a@example.com", "password": "secret", "password2": "secret" }),
            json!({ "profile": { "password": "secret", "list": ["secret"] } }),
            json!({ "current_password": "secret", "new_password": "secret too" }),
        ];
        for body in bodies {
            let content = without_passwords(&body).to_string();
            assert!(!content.contains("secret"), "{content}");
        }
    }

    #[test]
    fn a_key_is_the_same_with_and_without_quotation_marks() {
        assert!(parse("a-key").is_some());
        assert_eq!(parse("\"a-key\""), parse("a-key"));
        for text in ["", "\"", "\"\"", "\"a-key", "a\"key", "\"a\", \"b\""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
