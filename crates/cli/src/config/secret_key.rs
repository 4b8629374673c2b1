use std::path::PathBuf;

use clap::Args;

/// The key that encrypts stored secrets.
#[derive(Debug, Clone, Default, Args)]
pub struct SecretKeyOptions {
    /// File with the key that encrypts stored secrets, such as those of the second factor of staff: 64
    /// hexadecimal digits. The variable `SIHHA_SECRET_KEY` may hold the key itself. Without either, the
    /// private Postgres's data directory gets a key
    #[arg(long, env = "SIHHA_SECRET_KEY_FILE", value_name = "FILE", help_heading = "Secrets")]
    pub secret_key_file: Option<PathBuf>,
}
