//! The options of `sihha keys`.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use sihha_infra::jwt::KeyAlgorithm;

use super::{LifetimeOptions, time_delta};

/// What to do with the keys that sign tokens.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Add a new key. Once every instance and consumer can know it, it signs
    Generate(GenerateOptions),
    /// List the keys, the newest first
    List(KeysListOptions),
    /// Let a key sign no more. It verifies until its last token has expired
    Retire(RetireOptions),
}

/// Where the keys are.
#[derive(Debug, Args)]
pub struct KeyStoreOptions {
    /// The folder of keys
    #[arg(long, env = "SIHHA_SIGNING_KEYS", value_name = "DIR")]
    pub signing_keys: PathBuf,
}

/// What key to add.
#[derive(Debug, Args)]
pub struct GenerateOptions {
    /// What it signs with: EdDSA, ES256, or HS256 for a secret, which is not published
    #[arg(long, env = "SIHHA_KEY_ALGORITHM", default_value = "EdDSA", value_parser = key_algorithm)]
    pub algorithm: KeyAlgorithm,
    /// How long the key is only published before it signs [default: 10m, or 0s if no other key can sign]
    #[arg(long, env = "SIHHA_KEY_DELAY", value_parser = delay, value_name = "TIME")]
    pub delay: Option<TimeDelta>,
    /// Where the keys are.
    #[command(flatten)]
    pub folder: KeyStoreOptions,
}

/// How to list the keys.
#[derive(Debug, Args)]
pub struct KeysListOptions {
    /// One JSON object a line, for scripts
    #[arg(long, env = "SIHHA_JSON")]
    pub json: bool,
    /// Where the keys are.
    #[command(flatten)]
    pub folder: KeyStoreOptions,
    /// How long tokens live.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
}

/// Which key to retire.
#[derive(Debug, Args)]
pub struct RetireOptions {
    /// The key's `kid`
    #[arg(env = "SIHHA_KID")]
    pub kid: String,
    /// Where the keys are.
    #[command(flatten)]
    pub folder: KeyStoreOptions,
    /// How long tokens live.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
}

/// From none to a century.
fn delay(text: &str) -> Result<TimeDelta, String> {
    let none = humantime::parse_duration(text).is_ok_and(|time| time.is_zero());
    if none { Ok(TimeDelta::zero()) } else { time_delta(text) }
}

fn key_algorithm(text: &str) -> Result<KeyAlgorithm, String> {
    KeyAlgorithm::parse(text).ok_or_else(|| "must be EdDSA, ES256 or HS256".to_owned())
}
