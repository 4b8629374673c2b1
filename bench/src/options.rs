//! The options.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::load::Span;
use crate::measures::NAMES;

/// Measures the built service against the limits of the machine that it runs on.
#[derive(Debug, Parser)]
#[command(name = "sihha-bench", max_term_width = 100)]
pub(crate) struct Cli {
    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure everything except the scale, in several rounds
    Run(RunOptions),
    /// Measure the effect of ten million accounts; loading them takes a long time
    Scale(ScaleOptions),
    /// Measure what a search finds, and how long it takes
    Search(SearchOptions),
    /// Measure the queue of staff among a million accounts
    Queue(QueueOptions),
    /// Measure the upgrade of a database with a million accounts, while the previous release serves
    Upgrade(UpgradeOptions),
    /// Serve the responses that the service is compared with; the bench starts this itself
    #[command(hide = true)]
    Reference {
        /// The body of the response of `GET /api/me`.
        me: PathBuf,
    },
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// One short round, as a check
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these measures, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "MEASURE", value_parser = NAMES)]
    pub(crate) only: Vec<String>,
    /// Options of all measures.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of `scale`.
#[derive(Debug, Args)]
pub(crate) struct ScaleOptions {
    /// Number of accounts to load
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    pub(crate) accounts: u64,
    /// Options of all measures.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of `search`.
#[derive(Debug, Args)]
pub(crate) struct SearchOptions {
    /// Number of accounts to search among
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    pub(crate) accounts: u64,
    /// Options of all measures.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of `queue`.
#[derive(Debug, Args)]
pub(crate) struct QueueOptions {
    /// Number of patients' accounts
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) accounts: u64,
    /// Number of applications that wait for a decision; a quarter as many are in other states
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub(crate) applications: u64,
    /// Options of all measures.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of `upgrade`.
#[derive(Debug, Args)]
pub(crate) struct UpgradeOptions {
    /// The previous release's binary: `scripts/previous-release` builds it
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: PathBuf,
    /// Number of accounts to load
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    pub(crate) accounts: u64,
    /// Options of all measures.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of all measures.
#[derive(Debug, Args)]
pub(crate) struct CommonOptions {
    /// Number of rounds, whose medians are reported [default: 5; 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// Seconds for which each load is measured [default: 4; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    seconds: Option<u16>,
    /// The service's binary [default: `sihha`, in this program's folder]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"))]
    pub(crate) results: PathBuf,
}

impl CommonOptions {
    /// Returns the number of rounds.
    pub(crate) fn rounds(&self, quick: bool) -> usize {
        usize::from(self.rounds.unwrap_or(if quick { 1 } else { 5 }))
    }

    /// Returns the durations of a load.
    pub(crate) fn span(&self, quick: bool) -> Span {
        let seconds = self.seconds.unwrap_or(if quick { 2 } else { 4 });
        Span { warm_up: Duration::from_secs(1), measured: Duration::from_secs(u64::from(seconds)) }
    }

    /// Returns the path of the service's binary.
    pub(crate) fn binary(&self) -> anyhow::Result<PathBuf> {
        let binary = match &self.binary {
            Some(binary) => binary.clone(),
            None => std::env::current_exe()?.with_file_name("sihha"),
        };
        std::fs::canonicalize(&binary).with_context(|| {
            format!("{} is missing: build it by `cargo build --release -p sihha-cli`", binary.display())
        })
    }
}
