use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::problem::ApiError;

/// Greatest size of a body in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Longest time for a body to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body that is a JSON object. Members that nobody knows are ignored, as front ends expect.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let plain_json = is_plain_json(req.headers());
        let body = web::Bytes::from_request(req, payload);
        Box::pin(async move {
            if !plain_json {
                return Err(ApiError::UnsupportedMediaType);
            }
            let body = tokio::time::timeout(PATIENCE, body).await.map_err(|_| ApiError::RequestTimeout)?;
            parse(&body.map_err(|error| body_error(&error))?).map(Json)
        })
    }
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    let is_json = essence.is_some_and(|essence| {
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    is_json && headers.get(CONTENT_ENCODING).is_none_or(|coding| coding == "identity")
}

fn body_error(error: &actix_web::Error) -> ApiError {
    match error.as_response_error().status_code() {
        actix_web::http::StatusCode::PAYLOAD_TOO_LARGE => ApiError::PayloadTooLarge,
        status => ApiError::Other(status),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let what =
            if error.classify() == Category::Eof { "it ends too early" } else { "the syntax is wrong" };
        ApiError::MalformedJson(format!("{what} at line {}, column {}", error.line(), error.column()))
    })?;
    if !value.is_object() {
        return Err(ApiError::MalformedJson("it is another JSON type".to_owned()));
    }
    Ok(serde_json::from_value(value)?)
}
