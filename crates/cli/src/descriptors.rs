//! The limit of file descriptors. Each connection needs a descriptor.

use anyhow::{Context, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Number of descriptors for other purposes: the log, the listener, the workers' event queues,
/// files that are read, and the private Postgres's pipes and locks.
const RESERVE: u64 = 128;

/// Default of `--max-connections`. It is more than an instance of a national service needs, and
/// takes 400 MiB if all are open.
const DEFAULT_MAX_CONNECTIONS: u64 = 20_000;

/// Raises the limit of open files as far as the system allows. Returns the number of connections
/// that it permits in addition to `pool_size` connections to the database, at most `wanted`.
///
/// # Errors
///
/// Returns an error if the limit does not permit `wanted` connections.
pub(crate) fn max_connections(wanted: Option<u32>, pool_size: u32) -> anyhow::Result<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("cannot read the limit of open files")?;
    // If the limit cannot be raised, it is unchanged.
    let limit = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_or(soft, |()| hard);
    let room = limit.saturating_sub(RESERVE + u64::from(pool_size));
    ensure!(
        room > 0,
        "at most {limit} files may be open (ulimit -n), too few for any connection: {RESERVE} are reserved, and --pool-size \
         takes {pool_size}; raise the limit"
    );
    let max = match wanted.map(u64::from) {
        Some(wanted) if wanted > room => anyhow::bail!(
            "--max-connections {wanted} is too many: at most {limit} files may be open (ulimit -n), which leaves room for \
             {room} connections; raise that limit, or lower the option"
        ),
        Some(wanted) => wanted,
        None => room.min(DEFAULT_MAX_CONNECTIONS),
    };
    Ok(usize::try_from(max)?)
}
