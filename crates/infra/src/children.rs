//! Processes below this one: those that it started itself, and orphans that the kernel gives to it.
//!
//! As process 1 of a container, or as a subreaper, the service inherits the processes whose parents have ended, such as the
//! sessions of a Postgres that was killed. Nobody but their parent can remove them from the system's table when they end.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::getpid;

/// Those that are waited for by who started them.
static OWN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn own() -> MutexGuard<'static, BTreeSet<u32>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a process that the caller waits for, and then [`forget`]s.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    // Nobody takes it for an orphan before it is noted.
    let mut own = own();
    let child = command.spawn()?;
    own.insert(child.id());
    Ok(child)
}

/// Notes that a process was waited for.
pub(crate) fn forget(pid: u32) {
    own().remove(&pid);
}

/// Returns whether the kernel gives orphans to this process.
#[must_use]
pub fn inherits_orphans() -> bool {
    let mut is_subreaper: libc::c_int = 0;
    #[expect(unsafe_code, reason = "nix has no such function")]
    // SAFETY: it writes one integer to where it is told.
    let outcome = unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut is_subreaper) };
    getpid().as_raw() == 1 || (outcome == 0 && is_subreaper != 0)
}

/// What [`reap_orphans`] has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// No process that has ended.
    Nothing,
    /// One that somebody else waits for, and perhaps orphans after it: look again soon.
    Own,
}

/// Removes orphans that have ended from the system's table of processes.
#[must_use]
pub fn reap_orphans() -> Left {
    // Held to the end, so that no process of ours is started meanwhile under the number of an orphan.
    let own = own();
    // By no list of processes: `/proc` may be of another namespace.
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
    while let Some(pid) = waitid(Id::All, look).ok().and_then(|status| status.pid()) {
        if u32::try_from(pid.as_raw()).is_ok_and(|pid| own.contains(&pid)) {
            return Left::Own;
        }
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
    }
    Left::Nothing
}
