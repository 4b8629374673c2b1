use chrono::format::ParseErrorKind;
use chrono::{DateTime, NaiveDate, Utc};
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
    let text = text.trim();
    let day = text.split(['T', 't', ' ']).next().unwrap_or_default();
    if let Err(error) = NaiveDate::parse_from_str(day, "%Y-%m-%d")
        && error.kind() == ParseErrorKind::OutOfRange
    {
        return Err(format!("there is no such day as {day}"));
    }
    let timestamp = DateTime::parse_from_rfc3339(text);
    timestamp
        .map(|timestamp| timestamp.to_utc())
        .map_err(|error| format!("{error}; write it as 2026-11-28T09:00:00Z"))
}
