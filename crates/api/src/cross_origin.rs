//! Cross-origin requests of browsers (the CORS protocol, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! Tokens are sent as `Authorization`, never as cookies. So credentials are not allowed.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};

/// Methods of the operations.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// Request headers that a script may set.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, Accept-Language";
/// Response headers that a script may read, in addition to those that it always may.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("X-Request-Id, Retry-After, ETag, WWW-Authenticate");
/// Seconds for which a browser may remember a preflight response. Chromium uses at most this.
const MAX_AGE: &str = "7200";

/// What the CORS headers of a response depend on.
pub(crate) struct CrossOrigin {
    /// The request's origin, if its scripts may read every response.
    allowed: Option<HeaderValue>,
    /// Whether responses depend on the origin.
    varies: bool,
    is_preflight: bool,
}

impl CrossOrigin {
    /// Reads the headers of a request to a service whose clients come from `origins`.
    pub(crate) fn of(request: &ServiceRequest, origins: &[String]) -> Self {
        let headers = request.headers();
        let is_preflight = request.method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Self { is_preflight, ..Self::from(headers.get(ORIGIN), origins) }
    }

    /// The same for a request of which only the origin is known.
    pub(crate) fn from(origin: Option<&HeaderValue>, origins: &[String]) -> Self {
        let is_listed =
            |origin: &&HeaderValue| origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes());
        Self { allowed: origin.filter(is_listed).cloned(), varies: !origins.is_empty(), is_preflight: false }
    }

    /// Returns the response to a preflight request, or `None` if the request is none or its origin
    /// is not allowed. Every origin is allowed for a public path.
    pub(crate) fn preflight_response(&self, is_public: bool) -> Option<HttpResponse> {
        (self.is_preflight && (is_public || self.allowed.is_some())).then(|| {
            HttpResponse::NoContent()
                .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
                .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE))
                .finish()
        })
    }

    /// Adds the headers by which a browser decides whether a script may read the response.
    pub(crate) fn add_headers(self, headers: &mut HeaderMap, is_public: bool) {
        if self.varies && !is_public {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        let any = || HeaderValue::from_static("*");
        if let Some(allowed) = if is_public { Some(any()) } else { self.allowed } {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        }
    }
}
