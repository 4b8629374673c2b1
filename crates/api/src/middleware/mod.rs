//! Middleware around every request.

mod context;
mod request;

pub(crate) use context::current_request_id;
pub use context::request_span;
pub(crate) use context::{note_access_reason, note_account, note_client, note_staff};
pub(crate) use request::{log_error, request};
