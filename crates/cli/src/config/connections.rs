use std::time::Duration;

use clap::Args;

use super::values::duration;

/// Limits of HTTP connections.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionOptions {
    /// Maximum number of open connections; beyond it, those that have been idle the longest are
    /// closed [default: 20000, or less if the limit of open files is low]
    #[arg(long, env = "SIHHA_MAX_CONNECTIONS", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// Maximum number of open connections of one client, which is an IPv4 address or a /56 of IPv6;
    /// beyond it, those of its connections that have been idle the longest are closed. Trusted proxies
    /// have no such limit [default: a quarter of `--max-connections`, at least 1000]
    #[arg(long, env = "SIHHA_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections_per_address: Option<u32>,
    /// Maximum time from the first byte of a request's head to its last, and of a TLS handshake
    #[arg(long, env = "SIHHA_HEAD_TIMEOUT", default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub head_timeout: Duration,
    /// Maximum time that a request's body may take to arrive
    #[arg(long, env = "SIHHA_BODY_TIMEOUT", default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub body_timeout: Duration,
    /// Maximum time that a connection may wait for its next request, announced to clients. Keep it
    /// longer than the idle timeout of load balancers and clients, or they send requests on
    /// connections that are being closed
    #[arg(long, env = "SIHHA_KEEP_ALIVE_TIMEOUT", default_value = "620s", value_parser = duration,
          value_name = "TIME")]
    pub keep_alive_timeout: Duration,
    /// Maximum time that a client may take to receive a response, from the moment when it stops
    /// reading
    #[arg(long, env = "SIHHA_RESPONSE_TIMEOUT", default_value = "60s", value_parser = duration, value_name = "TIME")]
    pub response_timeout: Duration,
}
