//! The command `sihha`: reads the options, connects the adapters, the use cases and the API, and
//! runs them.
//!
//! It is a library as well, so that tests start the same server as production, with the same log:
//! [`compose::build`], [`logging::log_to`].
#![warn(clippy::unwrap_used)]

pub mod blocklist;
mod certificate;
mod commands;
pub mod compose;
pub mod config;
mod database;
mod descriptors;
mod environment;
mod jobs;
pub mod listen;
pub mod logging;
mod mail;
mod output;
mod privileges;
mod secret;
mod signals;

use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::FromArgMatches;

use self::config::{Cli, Command};
use self::logging::Log;

/// Exit status of a command that failed, and of one that panicked.
const FAILED: i32 = 1;
const PANICKED: i32 = 101;

/// Runs the command and returns its exit status. Prints the reason of a failure in one line.
#[must_use]
pub fn run() -> i32 {
    // Until the command is known: SIGHUP must not end a service that starts.
    signals::block();
    #[expect(unsafe_code, reason = "the environment may not change while another thread reads it")]
    // SAFETY: no other thread has been started.
    unsafe {
        environment::remove_empty();
        environment::rename_legacy();
    }
    let parsed = config::command()
        .try_get_matches()
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, config::is_database_given(&matches))));
    let (cli, is_database_given) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return print_clap_error(&error),
    };
    if !matches!(cli.command, Command::Serve(_)) {
        signals::unblock();
    }
    if !is_database_given {
        #[expect(unsafe_code, reason = "the environment may not change while another thread reads it")]
        // SAFETY: no other thread has been started.
        unsafe {
            environment::remove_libpq_variables();
        }
    }
    let execute = match prepare(cli.command) {
        Ok(execute) => execute,
        Err(error) => return print_early_error(&error),
    };
    let log = match Log::start(&cli.logging) {
        Ok(log) => log,
        Err(error) => return print_early_error(&error),
    };
    environment::warn_of_ineffective();
    // The panic hook has logged it.
    let outcome = catch_unwind(AssertUnwindSafe(execute));
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

/// Does what must come before the thread of the log. Returns the rest of the command.
fn prepare(command: Command) -> anyhow::Result<Box<dyn FnOnce() -> anyhow::Result<()>>> {
    Ok(match command {
        Command::Serve(options) => {
            let socket = options.listen.bind();
            privileges::give_up(&options)?;
            Box::new(move || commands::serve::run(&options, socket))
        }
        Command::Migrate(options) => Box::new(move || commands::migrate::run(&options)),
        Command::Accounts(options) => Box::new(|| commands::accounts::run(options)),
        Command::Approvals(options) => Box::new(|| commands::approvals::run(options)),
        Command::Staff(command) => Box::new(|| commands::staff::run(command)),
        Command::Sessions(command) => Box::new(|| commands::sessions::run(command)),
        Command::LegacyTokens(command) => Box::new(|| commands::legacy_tokens::run(command)),
        Command::Mail(command) => Box::new(|| commands::mail::run(command)),
        Command::Keys(command) => Box::new(|| commands::keys::run(command)),
        Command::Blocklist(command) => Box::new(move || commands::blocklist::run(&command)),
        Command::Openapi => Box::new(|| output::print(&sihha_api::openapi_json())),
    })
}

/// Prints the help, the version or a usage error, which clap all treats as errors.
fn print_clap_error(error: &clap::Error) -> i32 {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(failure) if !error.use_stderr() && failure.kind() != ErrorKind::BrokenPipe => {
            print_early_error(&anyhow::Error::new(failure).context("cannot write to standard output"))
        }
        _ => error.exit_code(),
    }
}

/// Prints an error that occurred before logging started. If that fails too, only the exit status
/// remains.
fn print_early_error(error: &anyhow::Error) -> i32 {
    let _ = writeln!(io::stderr(), "sihha: {error:#}");
    FAILED
}
