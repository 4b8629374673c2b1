//! The command `sihha`: reads the options, puts adapters into use cases and these into the API, and runs it.
//!
//! A library as well, so that tests start the very server that production starts: [`compose::build`].
#![warn(clippy::unwrap_used)]

mod commands;
pub mod compose;
pub mod config;
mod database;
mod descriptors;
mod environment;
mod jobs;
mod logging;
mod output;
mod secret;
mod signals;

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

use self::config::{Cli, Command};
use self::logging::Log;

/// Exit status of a command that failed, and of one that panicked.
const FAILED: i32 = 1;
const PANICKED: i32 = 101;

/// Runs the command and returns its exit status. Prints the reason of a failure in one line.
#[must_use]
pub fn run() -> i32 {
    // Until it is known what they are to do: a service that starts must not end by SIGHUP.
    signals::block();
    #[expect(unsafe_code, reason = "the environment may not change while another thread reads it")]
    // SAFETY: no thread was started so far.
    unsafe {
        environment::rename_old();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return explain(&answer),
    };
    if !matches!(cli.command, Command::Serve(_)) {
        signals::unblock();
    }
    if cli.command.database().is_some_and(|database| database.database_url.is_none()) {
        #[expect(unsafe_code, reason = "the environment may not change while another thread reads it")]
        // SAFETY: no thread was started so far.
        unsafe {
            environment::forget_libpq();
        }
    }
    let log = match Log::start(&cli.logging) {
        Ok(log) => log,
        Err(error) => return refuse(&error),
    };
    environment::warn_of_misspelt();
    // The panic hook has logged it.
    let outcome = catch_unwind(AssertUnwindSafe(|| execute(cli.command)));
    let status = match outcome {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            log.line(&format!("sihha: {error:#}"));
            FAILED
        }
        Err(_) => PANICKED,
    };
    log.flush();
    status
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => commands::serve::run(&options),
        Command::Migrate(options) => commands::migrate::run(&options),
        Command::Accounts(options) => commands::suspensions::run(options),
        Command::Approvals(options) => commands::approvals::run(options),
        Command::Sessions(command) => commands::sessions::run(command),
        Command::Keys(command) => commands::keys::run(command),
        Command::Openapi => commands::openapi::run(),
    }
}

/// Prints the help, the version or a usage error.
fn explain(answer: &clap::Error) -> i32 {
    let printed = answer.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(error) if !answer.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            refuse(&anyhow::Error::new(error).context("cannot write to standard output"))
        }
        _ => answer.exit_code(),
    }
}

/// Prints an error before logging has started. If that fails, only the exit status is left.
fn refuse(error: &anyhow::Error) -> i32 {
    let _ = writeln!(io::stderr(), "sihha: {error:#}");
    FAILED
}
