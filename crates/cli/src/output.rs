//! Writes to standard output, and to descriptors that may be full, closed or non-blocking.

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

/// Prints what a command has changed. If standard output cannot be written, standard error has it:
/// the change was made, so the command has succeeded.
pub(crate) fn report(text: &str) {
    if let Err(error) = print(text) {
        // If that fails too, only the exit status remains.
        let _ = writeln!(io::stderr(), "{text}sihha: {error:#}; the command has succeeded");
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

fn write_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[write_some(file, bytes)?..];
    }
    Ok(())
}
