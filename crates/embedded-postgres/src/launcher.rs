//! Starts programs of Postgres as the right user. The kernel ends them when the thread that started
//! them ends.

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
use sihha_interrupt::Interrupt;

use crate::account::{Account, Identity};
use crate::children;
use crate::layout::Layout;
use crate::{EmbeddedPostgresError, Result};

/// Returns an error if `interrupt` was triggered.
pub(crate) fn check(interrupt: &Interrupt) -> Result<()> {
    if interrupt.is_triggered() { Err(EmbeddedPostgresError::Interrupted) } else { Ok(()) }
}

/// Starts programs as one user, in one folder.
#[derive(Debug)]
pub(crate) struct Launcher {
    pub(crate) account: Account,
    /// Their working directory, which the account can enter.
    folder: CString,
    /// `owner.lock`, which they inherit.
    owner_lock: Arc<File>,
    pub(crate) interrupt: Interrupt,
}

impl Launcher {
    pub(crate) fn new(
        layout: &Layout,
        account: Account,
        owner_lock: Arc<File>,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let folder = CString::new(layout.home.as_os_str().as_bytes())
            .map_err(|_| EmbeddedPostgresError::UnusablePath(layout.data_dir.clone()))?;
        Ok(Self { account, folder, owner_lock, interrupt })
    }

    /// Returns a command with a clean environment, so that no `PG…` variable of the caller applies.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
        command.stdin(Stdio::null());
        // Ctrl-C in a terminal must reach the calling program alone, which then stops the server.
        command.process_group(0);

        let identity = self.account.switch.clone();
        let folder = self.folder.clone();
        let lock = Arc::clone(&self.owner_lock);
        let parent = getpid();
        let prepare = move || prepare_child(identity.as_ref(), &folder, &lock, parent);
        #[expect(unsafe_code, reason = "there is no safe way to run code between fork and exec")]
        // SAFETY: the closure only makes system calls. It neither allocates memory nor takes a
        // lock.
        unsafe {
            command.pre_exec(prepare);
        }
        command
    }

    /// Starts the command. The error names the folder that the account cannot enter, if that is the
    /// reason.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        check(&self.interrupt)?;
        children::spawn(command).map_err(|reason| self.not_runnable(Path::new(command.get_program()), reason))
    }

    /// Runs the command to its end, with `input` on its standard input.
    pub(crate) fn run(&self, command: &mut Command, input: &str) -> Result<Output> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let is_server = Path::new(command.get_program()).file_name().is_some_and(|name| name == "postgres");
        let mut child = self.spawn(command)?;
        let pid = child.id();
        let _running = self.interrupt.when_triggered(move || interrupt(pid, is_server));
        let not_runnable = |reason| self.not_runnable(Path::new(command.get_program()), reason);
        if let Some(mut stdin) = child.stdin.take()
            && let Err(error) = stdin.write_all(input.as_bytes())
            // A program that ended early explains that on its standard error.
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

/// Ends a program early. Postgres gets `SIGTERM`, so that it removes its shared memory. `initdb`
/// gets `SIGKILL`, because it would first finish its step; the Postgres that it runs then ends as
/// well.
fn interrupt(pid: u32, is_server: bool) {
    let signal = if is_server { Signal::SIGTERM } else { Signal::SIGKILL };
    // This fails only for a process that has ended.
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Runs in the child process, before the program. A change of user clears the death signal, so the
/// signal is set after it.
fn prepare_child(identity: Option<&Identity>, folder: &CStr, lock: &File, parent: Pid) -> io::Result<()> {
    if let Some(user) = identity {
        setgroups(&user.groups)?;
        setgid(user.gid)?;
        setuid(user.uid)?;
    }
    chdir(folder)?;
    fcntl(lock, FcntlArg::F_SETFD(FdFlag::empty()))?;
    // A shell makes programs that it starts in the background ignore SIGINT, and their children
    // inherit that.
    #[expect(unsafe_code, reason = "nix marks all changes of signal handlers so")]
    // SAFETY: this sets the default action, and installs no handler.
    unsafe {
        signal(Signal::SIGINT, SigHandler::SigDfl)?;
    }
    // A fast and clean shutdown when the parent ends, even by SIGKILL.
    set_pdeathsig(Signal::SIGINT)?;
    // The parent may have ended before that took effect.
    if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
}
