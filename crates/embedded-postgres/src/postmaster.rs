//! One run of the server.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::Sender;
use std::thread;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::children;
use crate::layout::{Layout, PORT};
use crate::memory::shared_buffers_mib;
use crate::plan::{Event, Plan};
use crate::{EmbeddedPostgresError, Result, Settings, log_file};

/// The server's process. Only [`Postmaster::reap`] waits for it, so its process id is not reused
/// before that.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
    /// Size of the log when the server started.
    pub(crate) log_start: u64,
}

impl Postmaster {
    /// Starts the server, and a thread that sends [`Event::Exited`] when the server has ended. The
    /// kernel stops the server when the calling thread ends.
    pub(crate) fn spawn(plan: &Plan, events: &Sender<Event>) -> Result<Self> {
        let path = plan.layout.log();
        let failed = |error| EmbeddedPostgresError::file("write", &path)(error);
        let log = log_file::open(&plan.layout).map_err(failed)?;
        let log_start = log.metadata().map_err(failed)?.len();
        let mut command = plan.launcher.command(&plan.postgres);
        command.args(&plan.arguments).stdout(log.try_clone().map_err(failed)?).stderr(log);
        let child = plan.launcher.spawn(&mut command)?;
        let postmaster = Self { child, log_start };
        postmaster.report_exit(events.clone());
        Ok(postmaster)
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `SIGINT` ends all sessions and shuts down, `SIGQUIT` ends immediately,
    /// without a clean shutdown.
    pub(crate) fn signal(&self, signal: Signal) {
        // This fails only for a process that has ended, and then no signal is needed.
        let _ = kill(self.pid(), signal);
    }

    /// Waits for the server's end, so that it leaves no zombie. Returns its exit status.
    pub(crate) fn reap(mut self) -> Option<ExitStatus> {
        let status = self.child.wait().ok();
        children::forget(self.child.id());
        status
    }

    /// Returns whether the server has ended. Does not block, and leaves the exit status to
    /// [`Postmaster::reap`].
    pub(crate) fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        waitid(Id::Pid(self.pid()), look) != Ok(WaitStatus::StillAlive)
    }

    /// Returns whether this process, and not another server, accepts connections.
    pub(crate) fn is_ready(&self, layout: &Layout) -> bool {
        status(layout) == Some((self.id(), true))
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    fn report_exit(&self, events: Sender<Event>) {
        let pid = self.pid();
        thread::spawn(move || {
            let end = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), end) == Err(Errno::EINTR) {}
            // The channel is closed if the supervisor has ended, which then does not need the
            // event.
            let _ = events.send(Event::Exited);
        });
    }
}

/// Returns whether a server runs here and accepts connections.
pub(crate) fn accepts_connections(layout: &Layout) -> bool {
    // The file alone could be one of a server that was killed.
    status(layout).is_some_and(|(_, ready)| ready) && UnixStream::connect(layout.socket()).is_ok()
}

/// Returns the server's process id and readiness, which it writes to lines 1 and 8 of
/// `postmaster.pid`.
fn status(layout: &Layout) -> Option<(u32, bool)> {
    let text = fs::read_to_string(layout.cluster().join("postmaster.pid")).ok()?;
    let pid = text.lines().next()?.trim().parse().ok()?;
    Some((pid, text.lines().nth(7).is_some_and(|status| status.trim() == "ready")))
}

/// Returns the server's command line. Its settings take precedence over those of the files in the
/// cluster.
pub(crate) fn arguments(settings: &Settings, layout: &Layout) -> Vec<OsString> {
    let mut options: Vec<OsString> = SETTINGS.iter().map(OsString::from).collect();
    options.push(format!("port={PORT}").into());
    options.push(format!("max_connections={}", settings.max_connections).into());
    options.push(format!("shared_buffers={}MB", shared_buffers_mib()).into());
    options.push(option("hba_file=", layout.home.join("pg_hba.conf").as_os_str().as_bytes()));
    options.push(option("ident_file=", layout.home.join("pg_ident.conf").as_os_str().as_bytes()));
    options.push(option("unix_socket_directories=", &quoted(&layout.run())));
    if !settings.durable {
        options.extend(NOT_DURABLE.iter().map(OsString::from));
    }
    let mut arguments = vec![OsString::from("-D"), layout.cluster().into_os_string()];
    for option in options {
        arguments.extend([OsString::from("-c"), option]);
    }
    arguments
}

/// Settings that are the same for all servers.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    // Nobody but the program connects, so no connection is kept for a superuser.
    "superuser_reserved_connections=0",
    // For short queries, compiling costs more time than it saves.
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "logging_collector=off",
    "log_destination=stderr",
    // Statements, parameters and rows can contain personal data, so none of them may be logged.
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_min_duration_sample=-1",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
];

const NOT_DURABLE: [&str; 4] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    // In the cluster instead of `/dev/shm`, so that it is removed with the cluster, even after a
    // kill. It costs disk writes.
    "dynamic_shared_memory_type=mmap",
];

fn option(name: &str, value: &[u8]) -> OsString {
    OsString::from_vec([name.as_bytes(), value].concat())
}

/// Quotes a path as one entry of a list of folders.
fn quoted(path: &Path) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        if *byte == b'"' {
            text.push(b'"');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}
