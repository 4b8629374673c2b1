//! Sihha over HTTP.
//!
//! A handler parses the request, calls one use case on a [`bulkhead`], and responds. Every error is
//! a [`problem::ApiError`], which the middleware renders as a problem document (RFC 9457) in the
//! client's language.
//!
//! # Adding a route
//!
//! 1. `routes/<noun>/<action>.rs`: the handler, and a function that describes it for the OpenAPI document.
//! 2. A row in `routes/mod.rs`: method, path, callers, handler and description.
//! 3. `tests/api/<noun>/<action>.rs`: every response it can return. Then `make openapi`.
#![warn(clippy::unwrap_used)]

pub mod app;
mod authorization;
pub mod bulkhead;
mod cacheable;
mod conditional;
pub mod connection;
mod cross_origin;
mod document;
mod extract;
mod fair_queue;
mod language;
mod middleware;
pub mod network_limits;
mod openapi;
mod operation;
mod page;
pub mod problem;
pub mod proxies;
mod request_batcher;
mod routes;
pub mod server;
mod standard_headers;
mod stopper;
mod timestamp;
pub mod tls;

pub use middleware::request_span;
pub use routes::openapi_json;
#[cfg(feature = "testing")]
pub use routes::testing;
