//! Starts programs of Postgres as the server's user, tied to the life of the thread that starts them.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, chdir, getpid, getppid, setgid, setgroups, setuid};

use super::account::{Account, Identity};
use super::layout::Layout;
use super::{EmbeddedPostgresError, Result, check};
use crate::children;
use crate::interrupt::Interrupt;

/// How, and as whom, programs are started.
#[derive(Debug)]
pub(super) struct Launcher {
    pub(super) account: Account,
    /// Where they are started: a folder that the account can enter.
    folder: CString,
    /// `owner.lock`, which they inherit.
    owner_lock: Arc<File>,
    pub(super) interrupt: Interrupt,
}

impl Launcher {
    pub(super) fn new(
        layout: &Layout,
        account: Account,
        owner_lock: Arc<File>,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let folder = CString::new(layout.home.as_os_str().as_bytes())
            .map_err(|_| EmbeddedPostgresError::UnusablePath(layout.data_dir.clone()))?;
        Ok(Self { account, folder, owner_lock, interrupt })
    }

    /// A command that starts in a clean environment: no `PG…` variable of the service has a say.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
        command.stdin(Stdio::null());
        // Ctrl-C in a terminal must reach the service first, which then stops the server in good order.
        command.process_group(0);

        let identity = self.account.switch.clone();
        let folder = self.folder.clone();
        let lock = Arc::clone(&self.owner_lock);
        let parent = getpid();
        let prepare = move || prepare_child(identity.as_ref(), &folder, &lock, parent);
        #[expect(unsafe_code, reason = "there is no safe way to run code between fork and exec")]
        // SAFETY: the closure makes system calls only; it neither allocates nor takes a lock.
        unsafe {
            command.pre_exec(prepare);
        }
        command
    }

    /// Starts the command, and tells which folder is in the way if one is.
    pub(super) fn spawn(&self, command: &mut Command) -> Result<Child> {
        check(&self.interrupt)?;
        children::spawn(command).map_err(|reason| self.not_runnable(Path::new(command.get_program()), reason))
    }

    /// Runs the command to its end with this text as its input.
    pub(super) fn run(&self, command: &mut Command, input: &str) -> Result<Output> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let is_server = Path::new(command.get_program()).file_name().is_some_and(|name| name == "postgres");
        let mut child = self.spawn(command)?;
        let pid = child.id();
        let _running = self.interrupt.when_triggered(move || end(pid, is_server));
        let not_runnable = |reason| self.not_runnable(Path::new(command.get_program()), reason);
        if let Some(mut stdin) = child.stdin.take()
            && let Err(error) = stdin.write_all(input.as_bytes())
            // One that ended early says why on its standard error.
            && error.kind() != ErrorKind::BrokenPipe
        {
            return Err(not_runnable(error));
        }
        let output = child.wait_with_output().map_err(not_runnable);
        children::forget(pid);
        check(&self.interrupt)?;
        output
    }

    fn not_runnable(&self, program: &Path, reason: io::Error) -> EmbeddedPostgresError {
        let home = Path::new(std::ffi::OsStr::from_bytes(self.folder.to_bytes()));
        let closed = self.account.closed_folder(home).or_else(|| self.account.closed_folder(program));
        let user = self.account.name.clone();
        match closed {
            Some(folder) if reason.kind() == ErrorKind::PermissionDenied => {
                EmbeddedPostgresError::ClosedFolder { folder, user }
            }
            _ => EmbeddedPostgresError::NotRunnable { program: program.to_owned(), user, reason },
        }
    }
}

/// Ends a program before its time. Postgres itself removes its shared memory then; `initdb` would first finish its step, and the
/// Postgres below it ends when it is gone.
fn end(pid: u32, is_server: bool) {
    let signal = if is_server { Signal::SIGTERM } else { Signal::SIGKILL };
    // It fails only for a process that has ended.
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Runs in the child, before the program. The order matters: changing the user would clear the death signal.
fn prepare_child(identity: Option<&Identity>, folder: &CStr, lock: &File, parent: Pid) -> io::Result<()> {
    if let Some(user) = identity {
        setgroups(&user.groups)?;
        setgid(user.gid)?;
        setuid(user.uid)?;
    }
    chdir(folder)?;
    fcntl(lock, FcntlArg::F_SETFD(FdFlag::empty()))?;
    // A shell that starts the service in the background lets it ignore SIGINT, and a program inherits that.
    #[expect(unsafe_code, reason = "nix marks all changes of signal handlers so")]
    // SAFETY: no handler is installed, only the default action.
    unsafe {
        signal(Signal::SIGINT, SigHandler::SigDfl)?;
    }
    // A fast, clean shutdown when the service dies, however it dies.
    set_pdeathsig(Signal::SIGINT)?;
    // It may have died before that took effect.
    if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
}
