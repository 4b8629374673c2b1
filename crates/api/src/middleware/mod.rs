//! What surrounds every request.

mod request;

pub(crate) use request::request;
pub use request::request_span;
