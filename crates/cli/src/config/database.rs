use std::path::PathBuf;

use clap::{ArgMatches, Args};
use sihha_infra::postgres::PlanCacheMode;

/// Which database to use.
#[derive(Debug, Clone, Args)]
pub struct DatabaseOptions {
    /// URL or libpq keywords of the Postgres to use. Without it, a private Postgres runs in the
    /// data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,
    /// Schema that holds the tables [default: the one that already holds them, or public]
    #[arg(long, env = "SIHHA_SCHEMA", value_name = "NAME", help_heading = "Database")]
    pub schema: Option<String>,
    /// Directory of the private Postgres, the JWT secret and the secret key [default: sihha in the user's data
    /// directory, or /var/lib/sihha for root]
    #[arg(long, env = "SIHHA_DATA_DIR", value_name = "DIR", help_heading = "Database")]
    pub data_dir: Option<PathBuf>,
    /// Directory of the programs `postgres` and `initdb` [default: the newest installed version]
    #[arg(long, env = "SIHHA_POSTGRES_BIN_DIR", value_name = "DIR", help_heading = "Database")]
    pub postgres_bin_dir: Option<PathBuf>,
    /// How Postgres plans prepared statements. Citus needs auto
    #[arg(long, env = "SIHHA_PLAN_CACHE_MODE", default_value = "force_generic_plan", value_parser = plan_cache_mode,
          value_name = "MODE",
          help_heading = "Database")]
    pub plan_cache_mode: PlanCacheMode,
}

fn plan_cache_mode(text: &str) -> Result<PlanCacheMode, String> {
    let found = PlanCacheMode::ALL.into_iter().find(|mode| mode.as_str() == text);
    found
        .ok_or_else(|| format!("must be one of {}", PlanCacheMode::ALL.map(PlanCacheMode::as_str).join(", ")))
}

/// Returns whether `--database-url` or its variable is given to the command that `matches` has.
pub(crate) fn is_database_given(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, matches)) => is_database_given(matches),
        // An error means that the command uses no database.
        None => matches.try_get_one::<String>("database_url").is_ok_and(|url| url.is_some()),
    }
}
