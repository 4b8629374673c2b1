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

/// The line that tells best why a program of Postgres gave up, without the time and process before it.
pub(super) fn reason_in(text: &str) -> Option<String> {
    let marks = ["FATAL: ", "PANIC: ", "ERROR: ", "error: "];
    let lines = || text.lines().rev().filter(|line| !line.trim().is_empty());
    let telling = lines().find_map(|line| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1)));
    telling.or_else(|| lines().next()).map(|line| line.trim().to_owned())
}
