use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::DatabaseOptions;

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// After a restore from a backup: let each session refresh once with whatever refresh token its client holds
    MarkRestored(MarkRestoredOptions),
}

/// Which sessions were restored.
#[derive(Debug, Args)]
pub struct MarkRestoredOptions {
    /// Only sessions that were opened before this moment, when the backup was made: 2026-11-28T09:00:00Z
    #[arg(long, env = "SIHHA_OPENED_BEFORE", value_name = "TIME", value_parser = moment)]
    pub opened_before: DateTime<Utc>,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let moment = DateTime::parse_from_rfc3339(text.trim());
    moment.map(|moment| moment.to_utc()).map_err(|error| format!("{error}; write it as 2026-11-28T09:00:00Z"))
}
