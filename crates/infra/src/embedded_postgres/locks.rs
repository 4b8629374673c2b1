//! Who runs the server and who uses it, said by `flock`: the kernel takes a lock back however its holder ends.
//!
//! * `serve.lock`, exclusive: the one `sihha serve`. Nobody inherits it.
//! * `owner.lock`, exclusive: whoever runs the server. The server and all its children inherit it, so it stays held
//!   until the last of them is gone, also when the service was killed. Nobody ever unlocks it by hand, since that
//!   would unlock it for the others too: it is only closed.
//! * `users.lock`, shared: every process that uses a server which another one runs. Exclusive: the owner that wants
//!   to stop.
//!
//! No deadlock: `serve` holds nothing that anyone waits for while it waits for `owner.lock`; a command that waits
//! holds nothing at all between two attempts; an owner's wait for `users.lock` is bounded.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::layout::Layout;
use super::{EmbeddedPostgresError, Result};

/// Short against anything that people notice, long against what an attempt costs.
pub(super) const STEP: Duration = Duration::from_millis(10);

/// The lock files.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lock {
    Serve,
    Owner,
    Users,
}

fn path(layout: &Layout, lock: Lock) -> PathBuf {
    layout.home.join(match lock {
        Lock::Serve => "serve.lock",
        Lock::Owner => "owner.lock",
        Lock::Users => "users.lock",
    })
}

/// `serve.lock`, held by this process until it is dropped.
#[derive(Debug)]
pub(super) struct ServeLock(File);

impl ServeLock {
    /// Fails at once if another process holds it.
    pub(super) fn take(layout: &Layout) -> Result<Self> {
        let file = open(layout, Lock::Serve)?;
        if try_exclusive(layout, Lock::Serve, &file)? {
            return Ok(Self(file));
        }
        let (holder, data_dir) = (holder(&file), layout.data_dir.clone());
        Err(EmbeddedPostgresError::AlreadyServing { holder, data_dir })
    }
}

impl Drop for ServeLock {
    fn drop(&mut self) {
        // Closing it would not do: a program that another thread starts at this moment holds a copy of the file
        // until it runs. What fails here is done by closing it, that moment later.
        let _ = self.0.unlock();
    }
}

/// Opens the file; that locks nothing yet.
pub(super) fn open(layout: &Layout, lock: Lock) -> Result<File> {
    let path = path(layout, lock);
    layout
        .open_private(&path, OpenOptions::new().read(true).write(true))
        .map_err(EmbeddedPostgresError::file("open", &path))
}

/// Whether the lock is ours now; if so, the file says by whom it is held.
pub(super) fn try_exclusive(layout: &Layout, lock: Lock, file: &File) -> Result<bool> {
    if !answer(layout, lock, file.try_lock())? {
        return Ok(false);
    }
    note_holder(file).map_err(EmbeddedPostgresError::file("write", &path(layout, lock)))?;
    Ok(true)
}

/// Whether we are among the holders now.
pub(super) fn try_shared(layout: &Layout, lock: Lock, file: &File) -> Result<bool> {
    answer(layout, lock, file.try_lock_shared())
}

fn answer(layout: &Layout, lock: Lock, outcome: std::result::Result<(), TryLockError>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(reason)) => {
            Err(EmbeddedPostgresError::file("lock", &path(layout, lock))(reason))
        }
    }
}

fn note_holder(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
}

/// The process that noted itself in the file last, for an error message.
pub(super) fn holder(file: &File) -> String {
    let mut bytes = [0; 16];
    let length = file.read_at(&mut bytes, 0).unwrap_or(0);
    match std::str::from_utf8(&bytes[..length]).map(str::trim) {
        Ok(pid) if !pid.is_empty() => format!("process {pid}"),
        _ => "a process that just started".to_owned(),
    }
}

/// Tries until something comes of it or the time is over.
#[expect(clippy::disallowed_methods, reason = "no event tells that another process lets go of a lock")]
pub(super) fn poll<T>(limit: Duration, mut attempt: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let deadline = Instant::now() + limit;
    loop {
        let outcome = attempt()?;
        if outcome.is_some() || Instant::now() >= deadline {
            return Ok(outcome);
        }
        thread::sleep(STEP);
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, ServeLock};

    #[test]
    fn whoever_stopped_can_serve_again_while_another_thread_starts_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::prepare(folder.path()).unwrap();
        let serve = ServeLock::take(&layout).unwrap();
        // What a process has of it between its fork and its exec.
        let copy = serve.0.try_clone().unwrap();
        drop(serve);

        ServeLock::take(&layout).unwrap();
        drop(copy);
    }
}
