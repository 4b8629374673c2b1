//! Limits of connections: buffered bytes, times and number.
//!
//! actix-http's HTTP/1 dispatcher reads ahead regardless of what it has to write. A client that
//! sends requests and never reads would keep a core busy and fill memory (see `docs/upstream/`).
//! The dispatcher therefore reads from a `Connection`, which passes on one request at a time, and
//! nothing while responses wait for the client.

mod flow;
mod framing;
mod registry;
mod service;
mod stream;
#[cfg(test)]
mod tests;
mod throttle;
mod timer;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::registry::{Registry, Stage};
pub(crate) use self::service::connected;
pub use self::throttle::{CoreUse, CoreUseGauge};
pub(crate) use self::throttle::{Governor, Throttle};

/// Maximum size of a request's head in bytes: the request line and all headers. A larger head gets
/// a 431.
pub const MAX_HEAD: usize = 64 * 1024;

/// Maximum length of a request's path and query in bytes. A longer one gets a 414.
pub(crate) const MAX_URL: usize = 8 * 1024;

/// Maximum size of a request's body in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// Bytes of a head that every connection may buffer. Only `MAX_LARGE_HEADS` connections may
/// buffer more at a time.
const SMALL_HEAD: usize = 16 * 1024;

/// Limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Maximum number of open connections. Beyond it, the connections that have been idle longest
    /// are closed.
    pub max_connections: usize,
    /// Maximum time from the first byte of a request's head to its last. Then the response is a
    /// 408.
    pub head_timeout: Duration,
    /// Maximum time for a request's body to arrive. Then the response is a 408.
    pub body_timeout: Duration,
    /// Maximum time between two requests, and before the first. Announced to clients as
    /// `Keep-Alive: timeout=N`.
    pub keep_alive_timeout: Duration,
    /// Maximum time for a client to receive a response, from the moment when it stops reading.
    pub response_timeout: Duration,
}

/// State that all connections share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) registry: Arc<Registry>,
    pub(crate) throttle: Arc<Throttle>,
    limits: ConnectionLimits,
    /// Origins whose pages may read responses.
    cors_origins: Arc<[String]>,
}

impl Shared {
    pub(crate) fn new(limits: ConnectionLimits, cors_origins: &[String]) -> Self {
        Self {
            registry: Registry::new(limits.max_connections),
            throttle: Throttle::new(),
            limits,
            cors_origins: cors_origins.into(),
        }
    }
}
