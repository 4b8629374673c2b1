use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::MAX_BODY;
use crate::problem::{ApiError, BodyType, JsonError};

/// Bytes of a body that every request may buffer. Larger bodies share [`ALL_BODIES`].
const SMALL_BODY: usize = 8 * 1024;

/// Maximum number of buffered bytes of all larger bodies. Bounds the memory of many clients that
/// send large bodies slowly. A registration has a few hundred bytes.
const ALL_BODIES: usize = 32 * 1024 * 1024;

/// Limits of bodies while they are received.
#[derive(Debug, Clone)]
pub(crate) struct BodyLimits {
    timeout: Duration,
    /// One permit per byte of [`ALL_BODIES`].
    memory: Arc<Semaphore>,
}

impl BodyLimits {
    /// Creates limits, where `timeout` is the maximum time for a body to arrive.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, memory: Arc::new(Semaphore::new(ALL_BODIES)) }
    }

    /// Reserves memory for the body of a request with these headers, until the value is dropped.
    fn reserve(&self, headers: &HeaderMap) -> Result<Option<OwnedSemaphorePermit>, ApiError> {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
        // A body of unknown length may have the maximum. A body that is announced as too large is
        // refused before it is read.
        let length: usize = length.unwrap_or(MAX_BODY);
        if !(SMALL_BODY + 1..=MAX_BODY).contains(&length) {
            return Ok(None);
        }
        let permits = u32::try_from(length).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(permits);
        memory.map(Some).map_err(|_| ApiError::Overloaded)
    }
}

/// A body that is a JSON object. Unknown members are ignored, as front ends expect.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(req, payload, check_type(req));
        Box::pin(async move { parse(&body.await?).map(Json) })
    }
}

/// Receives a body that is `declared` well, within the limits.
pub(super) fn body(
    req: &HttpRequest,
    payload: &mut Payload,
    declared: Result<(), ApiError>,
) -> impl Future<Output = Result<web::Bytes, ApiError>> + 'static {
    let limits = req.app_data::<BodyLimits>().cloned();
    let memory = limits.as_ref().map(|limits| limits.reserve(req.headers())).transpose();
    let timeout = limits.map_or(Duration::MAX, |limits| limits.timeout);
    let body = web::Bytes::from_request(req, payload);
    async move {
        let _memory = memory?;
        declared?;
        let body = tokio::time::timeout(timeout, body).await.map_err(|_| ApiError::RequestTimeout)?;
        body.map_err(|error| ApiError::of_status(error.as_response_error().status_code()))
    }
}

/// Checks that the body is declared as JSON that is not compressed. A patch must be declared as a
/// merge patch or plainly as JSON, because other patches in JSON mean something else.
fn check_type(req: &HttpRequest) -> Result<(), ApiError> {
    let media_type = media_type(req);
    let subtype = media_type.strip_prefix("application/").unwrap_or_default();
    let (is_accepted, expected) = if req.method() == Method::PATCH {
        (["json", "merge-patch+json"].contains(&subtype), BodyType::MergePatch)
    } else {
        (subtype == "json" || subtype.ends_with("+json"), BodyType::Json)
    };
    if !is_accepted {
        return Err(ApiError::UnsupportedMediaType(expected));
    }
    check_uncompressed(req)
}

/// Returns the declared media type in lower case, without its parameters.
pub(super) fn media_type(req: &HttpRequest) -> String {
    let media_type = header(req, &CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

/// Checks that the body is not compressed.
pub(super) fn check_uncompressed(req: &HttpRequest) -> Result<(), ApiError> {
    let coding = header(req, &CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return Err(ApiError::UnsupportedMediaType(BodyType::Uncompressed));
    }
    Ok(())
}

fn header<'r>(req: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    req.headers().get(name).map(|value| value.to_str().unwrap_or_default())
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // A byte order mark may be ignored (RFC 8259 §8.1).
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let value: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::MalformedJson(JsonError::of(body, &error)))?;
    if !value.is_object() {
        return Err(ApiError::MalformedJson(JsonError::NOT_AN_OBJECT));
    }
    read(value)
}

/// Reads an object as a request.
pub(super) fn read<T: DeserializeOwned>(object: Value) -> Result<T, ApiError> {
    serde_json::from_value(object).map_err(|_| ApiError::MalformedJson(JsonError::NOT_AN_OBJECT))
}
