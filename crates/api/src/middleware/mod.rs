//! Middleware around every request.

mod context;
mod request;

pub use context::request_span;
pub(crate) use context::{note_account, note_client};
pub(crate) use request::request;
