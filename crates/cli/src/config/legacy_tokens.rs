use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DatabaseOptions;

/// A command about refresh tokens of the legacy Django backend.
#[derive(Debug, Subcommand)]
pub enum LegacyTokensCommand {
    /// Block refresh tokens that the legacy backend had blacklisted
    Block(BlockOptions),
}

/// Which tokens to block.
#[derive(Debug, Args)]
pub struct BlockOptions {
    /// File with one `jti` a line, or a CSV file with a column `jti`; - reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}
