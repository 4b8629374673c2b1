use clap::{Args, ValueEnum};

/// Default of `--log`.
pub const DEFAULT_LOG: &str = "info,actix_server=warn";

/// How to log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub struct LoggingOptions {
    /// What to log on standard error: error, warn, info, debug, trace or off, or levels by target
    /// such as info,sihha=debug
    #[arg(long, global = true, env = "SIHHA_LOG", default_value = DEFAULT_LOG, value_name = "LEVELS")]
    pub log: String,
    /// Format of log lines; auto is text on a terminal and JSON otherwise
    #[arg(long, global = true, env = "SIHHA_LOG_FORMAT", default_value = "auto", value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}
