//! Writes the log to standard error: text on a terminal, JSON otherwise.
//!
//! Once started, logging never fails, blocks or panics.

mod c_library;
#[cfg(test)]
mod captured;
mod filter;
mod json_line;
mod writer;

use std::fmt;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::Arc;

use anyhow::Context;
use nix::sys::signal::{SigHandler, Signal, signal};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::util::SubscriberInitExt;

#[cfg(test)]
pub(crate) use self::captured::captured;
use self::json_line::{DROPPED, JsonLine, TARGET, timestamp};
use self::writer::LogWriter;
use crate::config::{LogFormat, LoggingOptions};
use crate::output;

/// The running log.
pub(crate) struct Log(Arc<LogWriter>);

impl Log {
    /// Starts logging: of events, of panics, and of what C libraries print.
    pub(crate) fn start(options: &LoggingOptions) -> anyhow::Result<Self> {
        let filter = filter::parse(&options.log)?;
        ignore_file_size_limit()?;
        let stderr = output::duplicate(io::stderr().as_fd()).context("cannot write to standard error")?;
        let is_text = match options.log_format {
            LogFormat::Auto => io::stderr().is_terminal(),
            LogFormat::Text => true,
            LogFormat::Json => false,
        };
        let dropped_line = if is_text { dropped_line } else { json_line::dropped_line };
        let writer = LogWriter::start(stderr, dropped_line)?;
        let lines = Arc::clone(&writer);
        if is_text {
            let timer: fn(&mut Writer<'_>) -> fmt::Result = |writer| writer.write_str(&timestamp());
            let builder = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
            builder.with_writer(lines).with_timer(timer).with_ansi(are_colours_wanted()).init();
        } else {
            json_subscriber(filter, lines).init();
        }
        c_library::capture_stderr()?;
        std::panic::set_hook(Box::new(|panic| {
            // Without the message, which may quote personal data.
            let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
            sihha_api::request_span().in_scope(|| tracing::error!(place, "a bug: the program panicked"));
        }));
        Ok(Self(writer))
    }

    /// Writes a line of plain text after all log lines.
    pub(crate) fn line(&self, text: &str) {
        self.0.push(format!("{text}\n").as_bytes());
    }

    /// Waits until all lines are written, but not for a blocked reader.
    pub(crate) fn flush(&self) {
        self.0.flush();
    }
}

/// Starts the service's JSON log in this process. `levels` has the syntax of `--log`.
///
/// # Errors
///
/// If `levels` are invalid, or the process logs already.
pub fn log_to<W>(levels: &str, writer: W) -> anyhow::Result<()>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    json_subscriber(filter::parse(levels)?, writer).try_init()?;
    Ok(())
}

fn json_subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The library would report failed writes on standard error, and panic if that fails.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    builder.with_writer(writer).fmt_fields(JsonFields::new()).event_format(JsonLine).finish()
}

/// Ignores SIGXFSZ: at the file size limit (`ulimit -f`) a write then fails, instead of killing the
/// process.
fn ignore_file_size_limit() -> anyhow::Result<()> {
    #[expect(unsafe_code, reason = "nix marks all changes of signal handlers as unsafe")]
    // SAFETY: no handler is installed.
    unsafe {
        signal(Signal::SIGXFSZ, SigHandler::SigIgn)?;
    }
    Ok(())
}

/// Returns whether standard error is a terminal with colours and the user wants them
/// (<https://no-color.org>).
fn are_colours_wanted() -> bool {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stderr().is_terminal() && !is_refused && !is_dumb
}

fn dropped_line(dropped: u64) -> String {
    format!("{}  WARN {TARGET}: {DROPPED} dropped={dropped}\n", timestamp())
}
