//! Writes to standard output, and to descriptors that may be full, closed or non-blocking.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Prints the output of a command. A closed pipe is no error: its reader has read enough.
///
/// Bypasses the standard library's buffer, which loses the error of its last write.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let written = duplicate(io::stdout().as_fd()).and_then(|stdout| write_all(&stdout, text.as_bytes()));
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Duplicates a descriptor, to use it without the standard library's lock and buffer.
pub(crate) fn duplicate(descriptor: BorrowedFd<'_>) -> io::Result<File> {
    descriptor.try_clone_to_owned().map(File::from)
}

/// Writes at least one of `bytes` and returns how many. Waits while a non-blocking descriptor is
/// full.
pub(crate) fn write_some(mut file: &File, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A process that shares the descriptor may have made it non-blocking, as Node.js does.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let _ = poll(&mut [PollFd::new(file.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
            }
            written => return written,
        }
    }
}

/// Returns `text` for one line of a terminal. Characters that break the line or deceive its reader
/// become escapes such as `\u{1b}`. Stored text may contain them, if it was accepted under an
/// earlier rule.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}');
    if !text.contains(breaks) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if breaks(c) { printable.extend(c.escape_unicode()) } else { printable.push(c) }
    }
    Cow::Owned(printable)
}

fn write_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[write_some(file, bytes)?..];
    }
    Ok(())
}
