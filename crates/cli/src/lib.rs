//! The command `sihha`: reads the options, puts adapters into use cases and these into the API, and runs it.
//!
//! A library as well, so that tests start the very server that production starts: [`compose::build`].
#![warn(clippy::unwrap_used)]

mod commands;
pub mod compose;
pub mod config;
mod database;
mod key_recorder;
mod logging;
mod secret;
mod sweeper;

use clap::Parser;

use self::config::{Cli, Command};

/// Reads the command line and does what it says.
///
/// # Errors
///
/// One that is fit to be shown to whoever typed the command, in one line.
pub fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    logging::start(&cli.logging)?;
    match cli.command {
        Command::Serve(options) => commands::serve::run(&options),
        Command::Migrate(options) => commands::migrate::run(&options),
        Command::Accounts(options) => commands::accounts::run(options),
        Command::Approvals(options) => commands::approvals::run(options),
        Command::Keys(command) => commands::keys::run(command),
        Command::Openapi => commands::openapi::run(),
    }
}
