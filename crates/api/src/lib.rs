//! Sihha over HTTP.
//!
//! A handler parses the request, calls one use case on a [`bulkhead`], and answers. What may go wrong is
//! a [`problem::ApiError`], which the middleware renders as a problem document (RFC 9457) in the client's language.
//!
//! # Adding a route
//!
//! 1. `routes/<noun>/<action>.rs`: the handler, with its `#[utoipa::path]`.
//! 2. List it in `router.rs` and in [`openapi`].
//! 3. `tests/api/<noun>/<action>.rs`: every answer it can give. Then `make openapi`.
#![warn(clippy::unwrap_used)]

pub mod app;
pub mod bulkhead;
pub mod connection;
mod extract;
mod fair_queue;
mod language;
mod middleware;
pub mod openapi;
pub mod problem;
mod request_batcher;
mod router;
mod routes;
pub mod server;
mod stopper;

pub use middleware::request_span;
