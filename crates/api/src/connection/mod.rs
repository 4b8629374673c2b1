//! Limits of connections: buffered bytes, times and number.
//!
//! actix-http's HTTP/1 dispatcher reads ahead regardless of what it has to write. A client that
//! sends requests and never reads would keep a core busy and fill memory (see `docs/upstream/`).
//! The dispatcher therefore reads from a `Connection`, which passes on one request at a time, and
//! nothing while responses wait for the client.

mod flow;
mod framing;
mod http2;
mod registry;
mod response;
mod service;
mod setup;
mod stream;
#[cfg(test)]
mod tests;
mod throttle;
mod timer;
mod transport;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

pub(crate) use self::registry::{Registry, Stage};
pub(crate) use self::service::connected;
pub use self::throttle::{CoreUse, CoreUseGauge};
pub(crate) use self::throttle::{Governor, Throttle};
use crate::app::HttpSettings;
use crate::proxies::{TrustedProxies, peer_address};

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
    /// Maximum number of open connections of one client: an IPv4 address, or a /56 of IPv6. Beyond it,
    /// those of its connections that have been idle longest are closed.
    pub max_connections_per_address: usize,
    /// Maximum time from the first byte of a request's head to its last. Then the response is a
    /// 408. Also the maximum time of a TLS handshake, and of a frame of HTTP/2.
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
    trusted_proxies: Arc<TrustedProxies>,
    /// Performs TLS handshakes. Without it, connections are plain.
    tls: Option<TlsAcceptor>,
}

impl Shared {
    pub(crate) fn new(limits: ConnectionLimits, http: &HttpSettings, tls: Option<TlsAcceptor>) -> Self {
        Self {
            registry: Registry::new(limits.max_connections, limits.max_connections_per_address),
            throttle: Throttle::new(),
            limits,
            cors_origins: http.cors_origins.as_slice().into(),
            trusted_proxies: Arc::new(http.trusted_proxies.clone()),
            tls,
        }
    }

    /// Returns the address whose connections are limited. One proxy may have all connections.
    fn limited_address(&self, peer: Option<SocketAddr>) -> Option<IpAddr> {
        peer_address(peer).filter(|address| !self.trusted_proxies.trust(Some(*address)))
    }
}
