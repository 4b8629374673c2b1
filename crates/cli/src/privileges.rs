//! The privileges that `serve` gives up when it starts.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::Context;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::geteuid;
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

/// Ports below this one are privileged.
const UNPRIVILEGED_PORTS: u16 = 1024;

/// Turns core dumps off, also for the private Postgres, because they contain keys and passwords. If
/// root starts the service, gives up the capabilities that it does not need.
///
/// MUST be called before another thread is started: a thread cannot change the capabilities of
/// others.
pub(crate) fn give_up(options: &ServeOptions) -> anyhow::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("core dumps cannot be turned off")?;
    if !geteuid().is_root() {
        return Ok(());
    }
    // The limit does not apply to a program that receives dumps. For an ordinary user, this would
    // also hide the process from the user's own tools (proc(5)).
    prctl::set_dumpable(false).context("core dumps cannot be turned off")?;
    let held = capabilities(None).context("the capabilities cannot be read")?.permitted;
    let mut needed = SERVING;
    if (1..UNPRIVILEGED_PORTS).contains(&options.listen.port()) {
        needed |= CapabilitySet::NET_BIND_SERVICE;
    }
    match &options.database.database_url {
        None => needed |= PRIVATE_POSTGRES,
        Some(url) => {
            // Tries it without the capability.
            set(held, held - CapabilitySet::DAC_OVERRIDE)?;
            let sockets = Database::parse(url).map(|database| database.sockets()).unwrap_or_default();
            if sockets.iter().any(|socket| is_closed(socket)) {
                needed |= CapabilitySet::DAC_OVERRIDE;
            }
            set(held, held)?;
        }
    }
    // Root in a container may have none of them, and may not be allowed to change the bounding set.
    for unneeded in needed.complement().iter() {
        let _ = remove_capability_from_bounding_set(unneeded);
    }
    set(held & needed, held & needed)
}

fn set(permitted: CapabilitySet, effective: CapabilitySet) -> anyhow::Result<()> {
    let sets = CapabilitySets { effective, permitted, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).context("the capabilities cannot be given up")
}

/// Returns whether only another user may use the socket, such as that of another private Postgres.
fn is_closed(socket: &Path) -> bool {
    match fs::metadata(socket) {
        Ok(found) => found.uid() != 0 && found.mode() & 0o002 == 0,
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    }
}
