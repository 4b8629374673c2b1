//! The server's log: one file and one predecessor, so that it never fills the disk.
//!
//! Postgres's own logging collector bounds a log by age or by size, not by both, and is one process more.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use super::layout::Layout;

const LIMIT: u64 = 10 * 1024 * 1024;

/// Enough for the last words of a server that did not start.
const TAIL: u64 = 16 * 1024;

/// For the server to write to. Appending, so that it goes on at the new end after [`trim`].
pub(super) fn open(layout: &Layout) -> io::Result<File> {
    layout.open_private(&layout.log(), OpenOptions::new().read(true).append(true))
}

/// Moves the text to `postgres.log.1` when there is too much of it. The server keeps its open file, so the text is
/// copied and the file emptied; a line written just between the two is lost.
pub(super) fn trim(layout: &Layout) -> io::Result<()> {
    let mut log = open(layout)?;
    if log.metadata()?.size() <= LIMIT {
        return Ok(());
    }
    let mut copy = layout.new_file()?;
    io::copy(&mut log, &mut copy)?;
    copy.persist(layout.log().with_extension("log.1"))?;
    log.set_len(0)
}

/// What the server said after the log had this size.
pub(super) fn text_since(layout: &Layout, size: u64) -> String {
    let mut text = Vec::new();
    if let Ok(mut log) = open(layout) {
        let end = log.metadata().map_or(0, |metadata| metadata.size());
        // An unreadable log is an empty one: the caller names the file anyway.
        let _ = log
            .seek(SeekFrom::Start(size.max(end.saturating_sub(TAIL))))
            .and_then(|_| log.take(TAIL).read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// How lines begin that tell why a program gives up.
const GIVE_UP: [&str; 4] = ["FATAL: ", "PANIC: ", "ERROR: ", "error: "];
/// What such lines say where a line of the log before them has the cause.
const CAUSE_BEFORE: [&str; 4] =
    ["contains errors", "could not load", "could not create any", "startup process"];
/// What the server tells clients that come too early; no cause.
const TOO_EARLY: &str = "the database system is";

/// What tells best why a program of Postgres gave up: its complaint, or else its last line.
pub(super) fn reason_in(text: &str) -> Option<String> {
    // `initdb` refers to its help after all that it complains of.
    let last = || lines(text).rfind(|line| !line.starts_with("Try \"")).map(|line| line.trim().to_owned());
    complaint_in(text).or_else(last)
}

/// What a program of Postgres complained of, without the time and process before it: the first complaint, for others only follow
/// from it.
pub(super) fn complaint_in(text: &str) -> Option<String> {
    let reason = lines(text).find_map(|line| after(line, &GIVE_UP))?;
    let cause = || {
        let before = lines(text).take_while(|line| after(line, &GIVE_UP).is_none());
        before.filter_map(|line| after(line, &["LOG: "])).find(|text| is_complaint(text))
    };
    let cause = if CAUSE_BEFORE.iter().any(|part| reason.contains(part)) { cause() } else { None };
    Some(with_advice(cause.unwrap_or(reason)))
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// What the line says after one of these marks.
fn after(line: &str, marks: &[&str]) -> Option<String> {
    let found = marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.trim().to_owned()));
    found.filter(|text| !text.starts_with(TOO_EARLY))
}

fn is_complaint(text: &str) -> bool {
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
    fn the_first_complaint_is_the_reason() {
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
    fn a_cause_that_the_log_has_before_is_told_instead() {
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
