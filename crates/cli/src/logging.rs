//! Log lines by `tracing`, to standard error: for people on a terminal, JSON otherwise.

mod json_line;

use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

use self::json_line::JsonLine;
use crate::config::{LogFormat, LoggingOptions};

/// Starts logging, of panics as well.
pub(crate) fn start(options: &LoggingOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.log)
        .with_context(|| format!("--log {:?} (or SIHHA_LOG) is not understood", options.log))?;
    // A line is one write, which files and, up to 4 KiB, pipes keep whole: `Stderr`'s lock would only be waited for.
    let stderr = std::io::stderr().as_fd().try_clone_to_owned().context("cannot write to standard error")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(File::from(stderr));
    let text = match options.log_format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    if text {
        builder.with_ansi(std::io::stderr().is_terminal()).init();
    } else {
        builder.fmt_fields(JsonFields::new()).event_format(JsonLine).init();
    }
    std::panic::set_hook(Box::new(|panic| {
        // The place alone: the message may quote a person's data.
        let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        sihha_api::request_span().in_scope(|| tracing::error!(place, "a bug: the program panicked"));
    }));
    Ok(())
}
