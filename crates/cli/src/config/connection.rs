use std::time::Duration;

use clap::Args;

use super::lifetime;

/// Limits of HTTP connections.
#[derive(Debug, Clone, Args)]
pub struct ConnectionOptions {
    /// Open connections at a time; past that, those that have waited longest for a request are closed [default: 20000, or as
    /// many as the system allows this process, less a reserve]
    #[arg(long, env = "SIHHA_MAX_CONNECTIONS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..),
          help_heading = "Connections")]
    pub max_connections: Option<u32>,
    /// How long a request's head may take to arrive, from its first byte
    #[arg(long, env = "SIHHA_HEAD_TIMEOUT", default_value = "10s", value_parser = lifetime, value_name = "TIME",
          help_heading = "Connections")]
    pub head_timeout: Duration,
    /// How long a request's body may take to arrive
    #[arg(long, env = "SIHHA_BODY_TIMEOUT", default_value = "10s", value_parser = lifetime, value_name = "TIME",
          help_heading = "Connections")]
    pub body_timeout: Duration,
    /// How long a connection may wait for its next request. Clients are told; it should be longer than load balancers and
    /// clients keep connections, or a request can meet a connection that is just being closed
    #[arg(long, env = "SIHHA_KEEP_ALIVE_TIMEOUT", default_value = "620s", value_parser = lifetime, value_name = "TIME",
          help_heading = "Connections")]
    pub keep_alive_timeout: Duration,
    /// How long a client may take to receive a response, from the moment when it stops reading
    #[arg(long, env = "SIHHA_RESPONSE_TIMEOUT", default_value = "60s", value_parser = lifetime, value_name = "TIME",
          help_heading = "Connections")]
    pub response_timeout: Duration,
}
