use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

/// Which new passwords are refused because they are common.
#[derive(Debug, Clone, Default, Args)]
pub struct BlocklistOptions {
    /// Refuse new passwords that are common: `on` for the commonest 100,000, a file for those and the ones
    /// in it, which is a list with a password on each line or a filter of `sihha blocklist build`, `off`
    /// for none [default: on, but on the private Postgres for staff only]
    #[arg(long, env = "SIHHA_PASSWORD_BLOCKLIST", value_name = "on|off|FILE", help_heading = "Passwords")]
    pub password_blocklist: Option<BlocklistChoice>,
}

/// The value of `--password-blocklist`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlocklistChoice {
    /// The commonest passwords are refused.
    On,
    /// No password is refused because it is common.
    Off,
    /// The commonest passwords and those of a file are refused.
    File(PathBuf),
}

impl FromStr for BlocklistChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "on" => Self::On,
            "off" => Self::Off,
            path => Self::File(path.into()),
        })
    }
}

/// A command about lists of common passwords.
#[derive(Debug, Subcommand)]
pub enum BlocklistCommand {
    /// Make a filter of a list, which starts faster and needs less memory than the list
    Build(BuildBlocklistOptions),
}

/// Which filter to make.
#[derive(Debug, Args)]
pub struct BuildBlocklistOptions {
    /// List with a password on each line, or its SHA-1 digest as Have I Been Pwned publishes them; - reads
    /// standard input
    #[arg(value_name = "LIST")]
    pub list: PathBuf,
    /// File for the filter, which is replaced if it exists
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
}
