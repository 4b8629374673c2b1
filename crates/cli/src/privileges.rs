//! The privileges that `serve` gives up when it starts.

use anyhow::{Context, ensure};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{AccessFlags, access, geteuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, remove_capability_from_bounding_set, set_capabilities,
};
use sihha_infra::postgres::Database;

use crate::config::ServeOptions;

/// For the scheduling of hash threads, and the limit of open files.
const SERVING: CapabilitySet = CapabilitySet::SYS_NICE.union(CapabilitySet::SYS_RESOURCE);

/// To run the private Postgres as another user: becomes that user, signals its processes, and
/// creates and uses its files and its socket.
const PRIVATE_POSTGRES: CapabilitySet = CapabilitySet::SETUID
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::CHOWN)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::DAC_OVERRIDE);

/// Turns core dumps off, also for the private Postgres, because they contain keys and passwords. If
/// root starts the service, gives up the capabilities that it does not need. That for ports below
/// 1024 is one of them, so the listening socket MUST have been bound before.
///
/// MUST be called before another thread is started: a thread cannot change the capabilities of
/// others.
///
/// # Errors
///
/// Returns an error if the service could then not use a Unix socket of the database.
pub(crate) fn give_up(options: &ServeOptions) -> anyhow::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("core dumps cannot be turned off")?;
    if !geteuid().is_root() {
        return Ok(());
    }
    // The limit does not apply to a program that receives dumps. For an ordinary user, this would
    // also hide the process from the user's own tools (proc(5)).
    prctl::set_dumpable(false).context("core dumps cannot be turned off")?;
    let held = capabilities(None).context("the capabilities cannot be read")?.permitted;
    let database_url = options.database.database_url.as_deref();
    let sockets = database_url.map(|url| Database::parse(url).map(|it| it.sockets()).unwrap_or_default());
    let needed = if sockets.is_some() { SERVING } else { SERVING | PRIVATE_POSTGRES };
    // Root in a container may have none of them, and may not be allowed to change the bounding set.
    for unneeded in needed.complement().iter() {
        let _ = remove_capability_from_bounding_set(unneeded);
    }
    let kept = held & needed;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).context("the capabilities cannot be given up")?;
    for socket in sockets.iter().flatten() {
        ensure!(
            access(socket, AccessFlags::W_OK) != Err(Errno::EACCES),
            "{} is open to another user only, and serve gives up root's right to use it; start serve as that \
             user, or open the socket to all users (unix_socket_permissions) and its folder too",
            socket.display()
        );
    }
    Ok(())
}
