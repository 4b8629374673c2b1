//! `flock`s that say which processes run and use the server. The kernel releases the lock of a
//! process that ends, even by `SIGKILL`.
//!
//! * `serve.lock`, exclusive: the one process that serves. Its children do not inherit it.
//! * `owner.lock`, exclusive: the process that runs the server. The server and its children inherit
//!   it, so it is held until the last of them has ended, even if their parent was killed. It is
//!   closed, never unlocked: unlocking would release it for the children as well.
//! * `users.lock`, shared: each process that uses a server of another process. Exclusive: an owner
//!   that wants to stop.
//!
//! No deadlock is possible. While `serve` waits for `owner.lock`, it holds only `serve.lock`, which
//! no process waits for. A waiting command holds no lock between two attempts. An owner's wait for
//! `users.lock` is bounded.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::layout::Layout;
use crate::{EmbeddedPostgresError, Result};

/// Maximum time to wait for another process that is starting or stopping the server.
pub(crate) const OWNER_TIMEOUT: Duration = Duration::from_secs(15);

/// Time between two attempts: too short to be noticed, but long compared with the cost of an
/// attempt.
pub(crate) const STEP: Duration = Duration::from_millis(10);

/// The lock files.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lock {
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
pub(crate) struct ServeLock(File);

impl ServeLock {
    /// Locks it. Returns an error immediately if another process holds it.
    pub(crate) fn take(layout: &Layout) -> Result<Self> {
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
        // Closing it is not enough: a program that another thread is starting holds a copy of the
        // file until its exec. If unlocking fails, that exec closes the last copy.
        let _ = self.0.unlock();
    }
}

/// Opens the file without locking it.
pub(crate) fn open(layout: &Layout, lock: Lock) -> Result<File> {
    let path = path(layout, lock);
    layout
        .open_private(&path, OpenOptions::new().read(true).write(true))
        .map_err(EmbeddedPostgresError::file("open", &path))
}

/// The locks that the supervisor holds.
#[derive(Debug)]
pub(crate) struct OwnerLocks {
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) serve: Option<ServeLock>,
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) owner: Arc<File>,
    /// Open, but locked only when the server must stop.
    pub(crate) users: File,
}

/// Tries to lock the file exclusively. Returns whether it is locked; if so, writes this process's
/// id to it.
pub(crate) fn try_exclusive(layout: &Layout, lock: Lock, file: &File) -> Result<bool> {
    if !outcome_of(layout, lock, file.try_lock())? {
        return Ok(false);
    }
    write_holder(file).map_err(EmbeddedPostgresError::file("write", &path(layout, lock)))?;
    Ok(true)
}

/// Tries to lock the file for shared use. Returns whether it is locked.
pub(crate) fn try_shared(layout: &Layout, lock: Lock, file: &File) -> Result<bool> {
    outcome_of(layout, lock, file.try_lock_shared())
}

fn outcome_of(layout: &Layout, lock: Lock, outcome: std::result::Result<(), TryLockError>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(reason)) => {
            Err(EmbeddedPostgresError::file("lock", &path(layout, lock))(reason))
        }
    }
}

fn write_holder(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
}

/// Returns the last process that locked the file exclusively, for an error message.
pub(crate) fn holder(file: &File) -> String {
    let mut bytes = [0; 16];
    let length = file.read_at(&mut bytes, 0).unwrap_or(0);
    match std::str::from_utf8(&bytes[..length]).map(str::trim) {
        Ok(pid) if !pid.is_empty() => format!("process {pid}"),
        _ => "a process that just started".to_owned(),
    }
}

/// Repeats `attempt` until it returns a value or the time is over.
#[expect(
    clippy::disallowed_methods,
    reason = "there is no event for the release of a lock by another process"
)]
pub(crate) fn poll<T>(limit: Duration, mut attempt: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
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
    fn a_stopped_process_can_serve_again_while_another_thread_starts_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::prepare(folder.path()).unwrap();
        let serve = ServeLock::take(&layout).unwrap();
        // A child process has such a copy between its fork and its exec.
        let copy = serve.0.try_clone().unwrap();
        drop(serve);

        ServeLock::take(&layout).unwrap();
        drop(copy);
    }
}
