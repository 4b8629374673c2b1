//! Child processes: those that this process started, and orphans that the kernel gives to it.
//!
//! As process 1 of a container, or as a subreaper, a process inherits the processes whose parents
//! have ended, such as the sessions of a server that was killed. Only their parent can remove them
//! from the process table when they end.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::getpid;

/// The processes that this crate started and waits for.
static STARTED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn started() -> MutexGuard<'static, BTreeSet<u32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a process. The caller waits for it, and then calls [`forget`].
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    // Locked first, so that the process is not taken for an orphan before it is registered.
    let mut started = started();
    let child = command.spawn()?;
    started.insert(child.id());
    Ok(child)
}

/// Removes a process that was waited for from the registered ones.
pub(crate) fn forget(pid: u32) {
    started().remove(&pid);
}

/// Returns whether the kernel gives orphans to this process.
#[must_use]
pub fn inherits_orphans() -> bool {
    let mut is_subreaper: libc::c_int = 0;
    #[expect(unsafe_code, reason = "nix has no such function")]
    // SAFETY: the call writes one integer to the given address.
    let outcome = unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut is_subreaper) };
    getpid().as_raw() == 1 || (outcome == 0 && is_subreaper != 0)
}

/// What [`reap_orphans`] left in the process table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// No process that has ended.
    Nothing,
    /// An ended process that this crate waits for. Orphans may follow it, so call again soon.
    Own,
}

/// Removes ended orphans from the process table.
///
/// Takes every child that this crate did not start for an orphan. A program that starts processes
/// by other means must not call it.
#[must_use]
pub fn reap_orphans() -> Left {
    // Locked to the end, so that no new process gets the number of an orphan meanwhile.
    let started = started();
    // Not by a list of processes: `/proc` may belong to another namespace.
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
    while let Some(pid) = waitid(Id::All, look).ok().and_then(|status| status.pid()) {
        if u32::try_from(pid.as_raw()).is_ok_and(|pid| started.contains(&pid)) {
            return Left::Own;
        }
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
    }
    Left::Nothing
}
