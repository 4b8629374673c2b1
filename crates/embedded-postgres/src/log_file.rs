//! The server's log: one file and its predecessor, so that it never fills the disk.
//!
//! The logging collector of Postgres starts a new file by age or by size, but does not limit their
//! total size. It would also be one more process.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use crate::layout::Layout;

/// Maximum size of a log file, in bytes.
const MAX_SIZE: u64 = 10 * 1024 * 1024;

/// Number of bytes that are read to find out why a server did not start.
const TAIL: u64 = 16 * 1024;

/// Opens the log for the server, in append mode, so that it writes at the new end after [`trim`].
pub(crate) fn open(layout: &Layout) -> io::Result<File> {
    layout.open_private(&layout.log(), OpenOptions::new().read(true).append(true))
}

/// Moves the text to `postgres.log.1` if the log is too large. The server keeps its open file, so
/// the text is copied, and then the file is truncated. A line written between the two is lost.
pub(crate) fn trim(layout: &Layout) -> io::Result<()> {
    let mut log = open(layout)?;
    if log.metadata()?.size() <= MAX_SIZE {
        return Ok(());
    }
    let mut copy = layout.new_file()?;
    io::copy(&mut log, &mut copy)?;
    copy.persist(layout.log().with_extension("log.1"))?;
    log.set_len(0)
}

/// Returns what the server wrote after the log had this size.
pub(crate) fn text_since(layout: &Layout, size: u64) -> String {
    let mut text = Vec::new();
    if let Ok(mut log) = open(layout) {
        let end = log.metadata().map_or(0, |metadata| metadata.size());
        // A log that cannot be read counts as empty. The caller's error names the file.
        let _ = log
            .seek(SeekFrom::Start(size.max(end.saturating_sub(TAIL))))
            .and_then(|_| log.take(TAIL).read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Marks of a line that says why a program ended.
const ERROR_MARKS: [&str; 4] = ["FATAL: ", "PANIC: ", "ERROR: ", "error: "];
/// Parts of an error message whose cause is on an earlier line of the log.
const EFFECTS: [&str; 4] = ["contains errors", "could not load", "could not create any", "startup process"];
/// Start of the message to a client that connects before the server is ready. It is no cause.
const TOO_EARLY: &str = "the database system is";

/// Returns why a program of Postgres ended: its first error message, else its last line.
pub(crate) fn reason_in(text: &str) -> Option<String> {
    // `initdb` refers to its help after an error message.
    let last = || lines(text).rfind(|line| !line.starts_with("Try \"")).map(|line| line.trim().to_owned());
    error_in(text).or_else(last)
}

/// Returns the first error message of a program of Postgres, without its time and process id. Later
/// ones are consequences.
pub(crate) fn error_in(text: &str) -> Option<String> {
    let reason = lines(text).find_map(|line| after(line, &ERROR_MARKS))?;
    let cause = || {
        let before = lines(text).take_while(|line| after(line, &ERROR_MARKS).is_none());
        before.filter_map(|line| after(line, &["LOG: "])).find(|text| is_cause(text))
    };
    let cause = if EFFECTS.iter().any(|part| reason.contains(part)) { cause() } else { None };
    Some(with_advice(cause.unwrap_or(reason)))
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// Returns the text after one of these marks.
fn after(line: &str, marks: &[&str]) -> Option<String> {
    let found = marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.trim().to_owned()));
    found.filter(|text| !text.starts_with(TOO_EARLY))
}

fn is_cause(text: &str) -> bool {
    ["could not", "unrecognized", "invalid", "syntax error", "parameter", "authentication"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn with_advice(reason: String) -> String {
    if reason.contains("shared memory segment \"/") && reason.contains("No space left on device") {
        return format!(
            "{reason}; /dev/shm is too small: give it 64 MiB or more (docker run --shm-size=64m, mount -o remount,size=64m /dev/shm)"
        );
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_the_reason() {
        let text = "running bootstrap script ... 2026-11-28 09:32:14.167 UTC [23921] FATAL:  could not resize shared memory \
                    segment \"/PostgreSQL.3095939504\" to 1048576 bytes: No space left on device\n\
                    2026-11-28 09:32:14.167 UTC [23921] PANIC:  cannot abort transaction 1, it was already committed\n\
                    Aborted\nchild process exited with exit code 134\n";
        let reason = reason_in(text).unwrap();
        assert!(
            reason.starts_with("could not resize shared memory") && reason.contains("--shm-size"),
            "{reason}"
        );

        let text =
            "initdb: unrecognized option '--no-instructions'\nTry \"initdb --help\" for more information.\n";
        assert_eq!(reason_in(text).unwrap(), "initdb: unrecognized option '--no-instructions'");
        assert_eq!(reason_in("\n"), None);
    }

    #[test]
    fn an_earlier_cause_is_returned_instead_of_its_effect() {
        let text = "2026 LOG:  starting PostgreSQL 15\n\
                    2026 LOG:  unrecognized configuration parameter \"shared_bufers\" in file \"postgresql.auto.conf\" line 1\n\
                    2026 FATAL:  configuration file \"postgresql.auto.conf\" contains errors\n";
        let reason = reason_in(text).unwrap();
        assert!(reason.starts_with("unrecognized configuration parameter \"shared_bufers\""), "{reason}");

        let text =
            "2026 FATAL:  the database system is starting up\n2026 FATAL:  could not access the directory\n";
        assert_eq!(reason_in(text).unwrap(), "could not access the directory");
    }
}
