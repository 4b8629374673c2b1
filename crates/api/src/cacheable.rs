//! Responses that caches may store.

use actix_web::http::header::{CACHE_CONTROL, ETag, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use crate::conditional::{Conditions, entity_tag};

/// How long caches may use such a response without a question. A new key starts to sign later than
/// that.
const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Returns the response with `body`, or 304 if the client has it already (RFC 9110 §13.1.2).
pub(crate) fn cacheable(request: &HttpRequest, content_type: &str, body: impl Into<Bytes>) -> HttpResponse {
    let body = body.into();
    let tag = entity_tag(&body);
    let is_known = !Conditions::of(request).none_match_holds(&tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, CACHEABLE)).insert_header(ETag(tag));
    if is_known { response.finish() } else { response.content_type(content_type).body(body) }
}

/// Returns the response with `value`, as [`cacheable`] does.
pub(crate) fn cacheable_json(request: &HttpRequest, value: &(impl Serialize + ?Sized)) -> HttpResponse {
    cacheable(request, "application/json", json!(value).to_string())
}
