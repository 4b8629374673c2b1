//! Captures log lines in unit tests.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use serde_json::Value;
use tracing_subscriber::fmt::format::JsonFields;

use super::json_line::JsonLine;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes into the buffer of the current thread.
struct Buffer;

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the lines that `log` writes on this thread, without their timestamps.
pub(crate) fn captured(log: impl FnOnce()) -> Vec<Value> {
    // One subscriber for the process: with one for each call, an event of another test at the same
    // time can disable its callsite for all threads.
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let builder = tracing_subscriber::fmt().with_writer(|| Buffer);
        let subscriber = builder.fmt_fields(JsonFields::new()).event_format(JsonLine).finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber");
    });
    LINES.take();
    log();
    let text = String::from_utf8(LINES.take()).unwrap();
    let parse = |line| {
        let mut line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(timestamp.as_str().unwrap()).is_ok(), "{timestamp}");
        line
    };
    text.lines().map(parse).collect()
}
