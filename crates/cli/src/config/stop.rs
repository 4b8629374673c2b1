use std::time::Duration;

use clap::Args;

use super::lifetime;

/// Time for load balancers to learn that one of several instances stops. Their checks are 1 to 2 seconds apart, and most want two.
const DRAIN_OF_SEVERAL: Duration = Duration::from_secs(5);
/// Longest drain. Service managers wait no longer.
const MAX_DRAIN: Duration = Duration::from_hours(1);

/// How to stop.
#[derive(Debug, Clone, Args)]
pub struct StopOptions {
    /// How long to go on serving after SIGTERM, while `/health/ready` answers 503 so that load balancers send requests
    /// elsewhere; SIGINT stops without it [default: 5s with `DATABASE_URL`, else 0s]
    #[arg(long, env = "SIHHA_DRAIN", value_parser = drain, value_name = "TIME", help_heading = "Stopping")]
    pub drain: Option<Duration>,
    /// How long requests in flight may take to finish after that
    #[arg(long, env = "SIHHA_SHUTDOWN_TIMEOUT", default_value = "30s", value_parser = lifetime,
          value_name = "TIME", help_heading = "Stopping")]
    pub shutdown_timeout: Duration,
}

impl StopOptions {
    /// How long the service drains after SIGTERM. One on a private Postgres is the only one, so there is no other to send
    /// requests to.
    pub(crate) fn drain(&self, has_private_postgres: bool) -> Duration {
        self.drain.unwrap_or(if has_private_postgres { Duration::ZERO } else { DRAIN_OF_SEVERAL })
    }
}

fn drain(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 5s or 0s"))?;
    if time <= MAX_DRAIN { Ok(time) } else { Err("must be at most 1h".to_owned()) }
}
