use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::DatabaseOptions;

/// A command about sessions.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// After a restore from a backup: let each session refresh once with any refresh token that was
    /// issued for it
    MarkRestored(MarkRestoredOptions),
}

/// Which sessions were restored.
#[derive(Debug, Args)]
pub struct MarkRestoredOptions {
    /// Time of the backup, such as 2026-11-28T09:00:00Z; sessions opened later are not marked
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub opened_before: DateTime<Utc>,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

fn timestamp(text: &str) -> Result<DateTime<Utc>, String> {
    let timestamp = DateTime::parse_from_rfc3339(text.trim());
    timestamp
        .map(|timestamp| timestamp.to_utc())
        .map_err(|error| format!("{error}; write it as 2026-11-28T09:00:00Z"))
}
