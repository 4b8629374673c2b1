//! Headers of every response.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use crate::cross_origin::CrossOrigin;

/// What a browser may do that shows a response as a page: nothing. Pages have a policy of their own.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds the headers that every response has to that of the request `id`.
pub(crate) fn add(headers: &mut HeaderMap, id: &str, cross_origin: CrossOrigin, is_public: bool) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The address of a page has a token.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    }
    // Without it, a cache may store even a 404 (RFC 9111 §4.2.2).
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    cross_origin.add_headers(headers, is_public);
}

/// Makes browsers use TLS only, for a year, also for the hosts below this one (RFC 6797).
pub(crate) fn add_hsts(headers: &mut HeaderMap) {
    let a_year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    headers.insert(STRICT_TRANSPORT_SECURITY, a_year);
}
