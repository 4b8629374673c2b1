use actix_http::Response;
use actix_http::body::BoxBody;

use crate::standard_headers;

/// Maximum size of a piece in which a response's body is copied to be sent, in bytes.
pub(super) const PIECE: usize = 8 * 1024;

/// Returns the response to send, with the headers that depend on the connection.
pub(super) fn complete<R, E>(answer: Result<R, E>, is_tls: bool) -> Response<BoxBody>
where
    R: Into<Response<BoxBody>>,
    E: Into<Response<BoxBody>>,
{
    let mut response = answer.map_or_else(Into::into, Into::into);
    if is_tls {
        standard_headers::add_hsts(response.headers_mut());
    }
    response
}
