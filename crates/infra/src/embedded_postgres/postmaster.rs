//! One run of the server, from its start to its end.

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

use super::layout::{Layout, PORT};
use super::memory::shared_buffers_mib;
use super::supervisor::{Event, Plan};
use super::{EmbeddedPostgresError, Result, Settings, log_file};
use crate::children;

/// The server's process. It is waited for only in [`Postmaster::reap`], so its number stays its own until then.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    /// Size of the log when it started.
    pub(super) log_start: u64,
}

impl Postmaster {
    /// Starts the server, and a thread that sends [`Event::Exited`] when it has ended. The kernel ties the server to
    /// the calling thread: it must live as long as the server shall.
    pub(super) fn spawn(plan: &Plan, events: &Sender<Event>) -> Result<Self> {
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

    /// The process's number.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `SIGINT` ends all sessions and shuts down, `SIGQUIT` does so without tidying up.
    pub(super) fn signal(&self, signal: Signal) {
        // It fails only for a process that has ended, which is what all these signals are for.
        let _ = kill(self.pid(), signal);
    }

    /// Takes note of the end, so that no zombie stays.
    pub(super) fn reap(mut self) -> Option<ExitStatus> {
        let status = self.child.wait().ok();
        children::forget(self.child.id());
        status
    }

    /// Whether it is over. Does not block, and leaves the process to [`Postmaster::reap`].
    pub(super) fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        waitid(Id::Pid(self.pid()), look) != Ok(WaitStatus::StillAlive)
    }

    /// Whether this very process accepts connections.
    pub(super) fn is_ready(&self, layout: &Layout) -> bool {
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
            // Nobody listens when the supervisor has gone, and then nobody needs to know.
            let _ = events.send(Event::Exited);
        });
    }
}

/// Whether some server runs here and accepts connections.
pub(super) fn answers(layout: &Layout) -> bool {
    // The status alone could be of a server that was killed.
    status(layout).is_some_and(|(_, ready)| ready) && UnixStream::connect(layout.socket()).is_ok()
}

/// The process and readiness that the server itself notes in `postmaster.pid`, in lines 1 and 8.
fn status(layout: &Layout) -> Option<(u32, bool)> {
    let text = fs::read_to_string(layout.cluster().join("postmaster.pid")).ok()?;
    let pid = text.lines().next()?.trim().parse().ok()?;
    Some((pid, text.lines().nth(7).is_some_and(|status| status.trim() == "ready")))
}

/// The server's command line. What is set here wins over the files in the cluster.
pub(super) fn arguments(settings: &Settings, layout: &Layout) -> Vec<OsString> {
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

/// What never varies.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    // All are meant for the service and its commands, and there are enough for both.
    "superuser_reserved_connections=0",
    // The queries are short: compiling them costs more than it gains.
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "logging_collector=off",
    "log_destination=stderr",
    // No statement, no parameter and no row may come into the log: they are of patients.
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
    // In the cluster instead of `/dev/shm`: removed with it, also when the server was killed. It costs disk writes.
    "dynamic_shared_memory_type=mmap",
];

fn option(name: &str, value: &[u8]) -> OsString {
    OsString::from_vec([name.as_bytes(), value].concat())
}

/// As one entry of a list of folders.
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
