//! What the supervisor runs, and what wakes it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::launcher::Launcher;
use crate::layout::Layout;
use crate::locks::OwnerLocks;

/// What wakes the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The server must be stopped.
    Stop,
    /// A server has ended: the running one, or one that failed to start.
    Exited,
}

/// What is needed to run the server.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(crate) launcher: Launcher,
    pub(crate) postgres: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) locks: OwnerLocks,
    /// Time that attached commands get to finish before the server stops.
    pub(crate) grace_period: Duration,
}
