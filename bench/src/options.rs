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
    /// Measure everything but the scale, in several rounds
    Run(RunOptions),
    /// Measure whether ten million accounts make anything slower; loading them takes long
    Scale(ScaleOptions),
    /// Serve the answers that the service is compared with; the bench starts this by itself
    #[command(hide = true)]
    Reference {
        /// What `GET /api/me` answers.
        me: PathBuf,
    },
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// One short round, to see that all is well
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these measures, with commas between
    #[arg(long, value_delimiter = ',', value_name = "MEASURE", value_parser = NAMES)]
    pub(crate) only: Vec<String>,
    /// What every measure needs.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// Options of `scale`.
#[derive(Debug, Args)]
pub(crate) struct ScaleOptions {
    /// How many accounts to load
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(10_000..))]
    pub(crate) accounts: u64,
    /// What every measure needs.
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

/// What every measure needs.
#[derive(Debug, Args)]
pub(crate) struct CommonOptions {
    /// How often to measure; medians count [default: 5; 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// How long to measure each load, in seconds [default: 4; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    seconds: Option<u16>,
    /// The service [default: `sihha`, in this program's folder]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where to write the results
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"))]
    pub(crate) results: PathBuf,
}

impl CommonOptions {
    /// How often to measure.
    pub(crate) fn rounds(&self, quick: bool) -> usize {
        usize::from(self.rounds.unwrap_or(if quick { 1 } else { 5 }))
    }

    /// How long to measure.
    pub(crate) fn span(&self, quick: bool) -> Span {
        let seconds = self.seconds.unwrap_or(if quick { 2 } else { 4 });
        Span { warm_up: Duration::from_secs(1), measured: Duration::from_secs(u64::from(seconds)) }
    }

    /// The service.
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
