use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use sihha_infra::jwt::KeyAlgorithm;

use super::LifetimeOptions;
use super::values::delay;

/// A command about the keys that sign tokens.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Add a key. It signs once all instances and consumers have had time to read it
    Generate(GenerateOptions),
    /// List the keys, newest first
    List(KeysListOptions),
    /// Stop a key from signing. It still verifies until its last token has expired
    Retire(RetireOptions),
}

/// Where the keys are.
#[derive(Debug, Args)]
pub struct KeyStoreOptions {
    /// Directory of the keys
    #[arg(long, env = "SIHHA_SIGNING_KEYS", value_name = "DIR")]
    pub signing_keys: PathBuf,
}

/// Which key to add.
#[derive(Debug, Args)]
pub struct GenerateOptions {
    /// Signature algorithm: EdDSA, ES256, or HS256, whose secret key is not published
    #[arg(long, default_value = "EdDSA", value_name = "NAME", value_parser = key_algorithm)]
    pub algorithm: KeyAlgorithm,
    /// Time for which the key is only published before it signs [default: 10m, or 0s if no other
    /// key can sign]
    #[arg(long, value_parser = delay, value_name = "TIME")]
    pub delay: Option<TimeDelta>,
    /// Where the keys are.
    #[command(flatten)]
    pub store: KeyStoreOptions,
}

/// How to list the keys.
#[derive(Debug, Args)]
pub struct KeysListOptions {
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    pub json: bool,
    /// Where the keys are.
    #[command(flatten)]
    pub store: KeyStoreOptions,
    /// Lifetimes of tokens and sessions.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
}

/// Which key to retire.
#[derive(Debug, Args)]
pub struct RetireOptions {
    /// Id of the key, as `sihha keys list` shows it
    pub kid: String,
    /// Where the keys are.
    #[command(flatten)]
    pub store: KeyStoreOptions,
    /// Lifetimes of tokens and sessions.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
}

fn key_algorithm(text: &str) -> Result<KeyAlgorithm, String> {
    KeyAlgorithm::parse(text).ok_or_else(|| "must be EdDSA, ES256 or HS256".to_owned())
}
