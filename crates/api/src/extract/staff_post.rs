use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sihha_domain::idempotency::{ContentDigest, IdempotentRequest};

use super::idempotency::{key, without_passwords};
use super::json::{Json, read};
use crate::problem::ApiError;

/// A request of staff to change something, which may be repeated. It may have no body.
pub(crate) struct StaffPost<T> {
    pub(crate) body: T,
    /// The request, if it has a key.
    pub(crate) request: Option<IdempotentRequest>,
}

impl<T: DeserializeOwned + 'static> FromRequest for StaffPost<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = key(req.headers());
        let path = req.path().trim_end_matches('/').to_owned();
        let body = has_body(req).then(|| Json::<Value>::from_request(req, payload));
        Box::pin(async move {
            let key = key?;
            let body = match body {
                Some(body) => body.await?.0,
                None => json!({}),
            };
            // One key may be sent to several paths: it is then the key of different requests.
            let content = || ContentDigest::of(format!("{path}\n{}", without_passwords(&body)).as_bytes());
            let request = key.map(|key| IdempotentRequest { key, content: content() });
            Ok(Self { body: read(body)?, request })
        })
    }
}

fn has_body(req: &HttpRequest) -> bool {
    let length = req.headers().get(CONTENT_LENGTH);
    length.is_some_and(|length| length.as_bytes() != b"0") || req.headers().contains_key(TRANSFER_ENCODING)
}
