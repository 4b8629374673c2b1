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
    /// Remove a key that others may know, and sign with another one immediately. The tokens of the
    /// removed key are refused, so its users must log in again
    RotateNow(RotateNowOptions),
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
    /// Signature algorithm: ES256, EdDSA, or HS256, whose secret key is not published
    #[arg(long, default_value = "ES256", value_name = "NAME", value_parser = key_algorithm)]
    pub algorithm: KeyAlgorithm,
    /// Time for which the key is only published before it signs, counted from when all instances
    /// have read it, a minute from now [default: 24h, or immediately if no other key can sign]
    #[arg(long, alias = "delay", value_parser = delay, value_name = "TIME")]
    pub after: Option<TimeDelta>,
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

/// Which keys to remove.
#[derive(Debug, Args)]
pub struct RotateNowOptions {
    /// Ids of the keys that others may know [default: the key that signs]
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    pub kids: Vec<String>,
    /// Where the keys are.
    #[command(flatten)]
    pub store: KeyStoreOptions,
}

fn key_algorithm(text: &str) -> Result<KeyAlgorithm, String> {
    KeyAlgorithm::parse(text).ok_or_else(|| "must be ES256, EdDSA or HS256".to_owned())
}
