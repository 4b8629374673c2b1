use std::time::Duration;

use clap::Args;

use super::values::duration;

/// Time for load balancers to notice that one of several instances stops. Most check every 1 or 2
/// seconds and require two failures.
const DEFAULT_DRAIN: Duration = Duration::from_secs(5);
/// Maximum drain. Service managers wait no longer.
const MAX_DRAIN: Duration = Duration::from_hours(1);

/// How to stop.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stopping")]
pub struct StopOptions {
    /// Time to keep serving after SIGTERM, while `/health/ready` answers 503 so that load balancers
    /// send requests elsewhere. SIGINT skips it [default: 5s with `DATABASE_URL`, else 0s]
    #[arg(long, env = "SIHHA_DRAIN", value_parser = drain, value_name = "TIME")]
    pub drain: Option<Duration>,
    /// Maximum time for requests in flight to finish after the drain
    #[arg(long, env = "SIHHA_SHUTDOWN_TIMEOUT", default_value = "30s", value_parser = duration,
          value_name = "TIME")]
    pub shutdown_timeout: Duration,
}

impl StopOptions {
    /// Returns how long the service drains after SIGTERM. A service on a private Postgres is the
    /// only instance, so no other could take its requests.
    pub(crate) fn drain(&self, has_private_postgres: bool) -> Duration {
        self.drain.unwrap_or(if has_private_postgres { Duration::ZERO } else { DEFAULT_DRAIN })
    }
}

fn drain(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 5s or 0s"))?;
    if time <= MAX_DRAIN { Ok(time) } else { Err("must be at most 1h".to_owned()) }
}
