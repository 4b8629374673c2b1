//! A Postgres of Sihha's own, for machines where nobody runs one: `sihha serve` works with nothing set up.
//!
//! The binaries are those installed on the machine; the data live in `<data-dir>/postgres/`:
//!
//! ```text
//! serve.lock owner.lock users.lock   who runs it, who uses it: see `locks`
//! pg_hba.conf pg_ident.conf          who may connect: written at each start
//! cluster/                           the data, in the hands of the server's user
//! run/                               the Unix socket; there is no TCP
//! postgres.log postgres.log.1        what the server says, bounded
//! ```
//!
//! From the outside in: [`EmbeddedPostgres`] decides by the locks whether to run the server or to use the one that
//! runs; `supervisor` keeps it running; `postmaster` is one run of it; `launcher` starts processes as the right user; `roles` are those
//! in the database.

mod account;
mod binaries;
mod cluster;
mod error;
mod launcher;
mod layout;
mod locks;
mod log_file;
mod memory;
mod postmaster;
mod roles;
mod supervisor;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use self::error::EmbeddedPostgresError;

use self::account::Account;
use self::binaries::Binaries;
use self::launcher::Launcher;
use self::layout::Layout;
use self::locks::{Lock, ServeLock};
use self::roles::Role;
use self::supervisor::{OwnerLocks, Plan, Supervisor};
use crate::interrupt::Interrupt;

type Result<T> = std::result::Result<T, EmbeddedPostgresError>;

/// Returns an error if the start is to end.
fn check(interrupt: &Interrupt) -> Result<()> {
    if interrupt.is_triggered() { Err(EmbeddedPostgresError::Interrupted) } else { Ok(()) }
}

/// How long to wait for another process that starts or stops the server at this moment.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long `serve` lets attached commands finish when it is told to stop: service managers wait no longer.
const GRACE_OF_SERVE: Duration = Duration::from_secs(5);

/// The same for a short command that happens to run the server: nobody waits for it, and an import that attached
/// meanwhile would be cut off in the middle.
const GRACE_OF_COMMAND: Duration = Duration::from_mins(10);

/// Where the server lives and how it runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The service's data directory; the database gets the subfolder `postgres`.
    pub data_dir: PathBuf,
    /// The folder of `postgres` and `initdb`; the newest that is installed if absent.
    pub bin_dir: Option<PathBuf>,
    /// As many connections as all processes together may hold.
    pub max_connections: u32,
    /// `false` only in tests: faster, and a crash of the machine loses the data.
    pub durable: bool,
}

/// A running server, or the right to use the one that another process runs.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    layout: Layout,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// This process runs the server.
    Owner(Supervisor),
    /// Another one does, and stops it only after this lock on `users.lock` is gone.
    Attached { _users: File },
}

impl EmbeddedPostgres {
    /// The role of [`database_url`](Self::database_url).
    pub const SERVICE_ROLE: &str = Role::Service.name();

    /// For `serve`: runs the server as long as the value lives. Only one process at a time can.
    pub fn serve(settings: &Settings) -> Result<Self> {
        Self::serve_unless(settings, &Interrupt::default())
    }

    /// The same, until told to give up.
    pub fn serve_unless(settings: &Settings, interrupt: &Interrupt) -> Result<Self> {
        let layout = Layout::prepare(&settings.data_dir)?;
        let serve = ServeLock::take(&layout)?;
        // A short command, or what a killed service left behind, may hold it for a moment yet.
        let owner = locks::open(&layout, Lock::Owner)?;
        let ours = locks::poll(PATIENCE, || {
            check(interrupt)?;
            Ok(locks::try_exclusive(&layout, Lock::Owner, &owner)?.then_some(()))
        })?;
        match ours {
            Some(()) => Self::own(settings, layout, Some(serve), owner, GRACE_OF_SERVE, interrupt),
            None => Err(busy(layout, &owner)),
        }
    }

    /// For short commands: uses the running server, or runs one as long as the value lives.
    pub fn attach_or_start(settings: &Settings) -> Result<Self> {
        Self::attach(settings, Layout::prepare(&settings.data_dir)?, false)
    }

    /// The same where there is a database already. Creates nothing.
    pub fn attach_or_start_existing(settings: &Settings) -> Result<Self> {
        Self::attach(settings, Layout::find(&settings.data_dir)?, true)
    }

    fn attach(settings: &Settings, layout: Layout, must_exist: bool) -> Result<Self> {
        let owner = locks::open(&layout, Lock::Owner)?;
        match locks::poll(PATIENCE, || attach_or_own(&layout, &owner))? {
            Some(Way::Attach(users)) => {
                tracing::debug!(data_dir = %layout.data_dir.display(), "using the Postgres that runs already");
                Ok(Self { layout, hold: Hold::Attached { _users: users } })
            }
            Some(Way::Own) if must_exist && cluster::version(&layout)?.is_none() => {
                Err(EmbeddedPostgresError::NoDatabase(layout.data_dir))
            }
            Some(Way::Own) => {
                Self::own(settings, layout, None, owner, GRACE_OF_COMMAND, &Interrupt::default())
            }
            None => Err(busy(layout, &owner)),
        }
    }

    /// Returns where the service connects, a libpq URL of the Unix socket. Its role reads and writes rows, and owns nothing.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.layout.database_url(Role::Service)
    }

    /// Returns where to connect as the role that owns the tables, to migrate them.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.layout.database_url(Role::Owner)
    }

    /// Returns where to connect as superuser, to administer the server.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.layout.database_url(Role::Superuser)
    }

    /// Returns the file that says that the database has its roles. Where it is missing, the next start gives them to it.
    #[must_use]
    pub fn roles_mark(&self) -> PathBuf {
        roles::mark(&self.layout.cluster())
    }

    /// Whether this process runs the server, so that nobody else uses it yet.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        matches!(self.hold, Hold::Owner(_))
    }

    /// Stops the server if this process runs it. Dropping the value does the same, and logs what goes wrong.
    pub fn stop(self) -> Result<()> {
        match self.hold {
            Hold::Owner(mut supervisor) => supervisor.stop(),
            Hold::Attached { .. } => Ok(()),
        }
    }

    /// Starts the server. `owner` is locked, so nobody else touches the folder.
    fn own(
        settings: &Settings,
        layout: Layout,
        serve: Option<ServeLock>,
        owner: File,
        grace: Duration,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let users = locks::open(&layout, Lock::Users)?;
        let owner = Arc::new(owner);
        let account = Account::of_server(&layout)?;
        let launcher = Launcher::new(&layout, account, Arc::clone(&owner), interrupt.clone())?;
        let binaries = Binaries::find(settings, &layout, &launcher)?;
        cluster::prepare(&layout, &launcher, &binaries, settings.durable)?;

        let arguments = postmaster::arguments(settings, &layout);
        let locks = OwnerLocks { serve, owner, users };
        let plan =
            Plan { layout: layout.clone(), launcher, postgres: binaries.postgres, arguments, locks, grace };
        Ok(Self { layout, hold: Hold::Owner(Supervisor::start(plan, interrupt)?) })
    }
}

enum Way {
    Attach(File),
    Own,
}

/// One attempt. `users.lock` comes first, so that the server cannot be stopped between the look and the use; it is
/// let go again if there is nothing to use yet, so that waiting here keeps nobody from stopping.
fn attach_or_own(layout: &Layout, owner: &File) -> Result<Option<Way>> {
    let users = locks::open(layout, Lock::Users)?;
    if !locks::try_shared(layout, Lock::Users, &users)? {
        return Ok(None);
    }
    if locks::try_exclusive(layout, Lock::Owner, owner)? {
        return Ok(Some(Way::Own));
    }
    Ok(postmaster::answers(layout).then_some(Way::Attach(users)))
}

fn busy(layout: Layout, owner: &File) -> EmbeddedPostgresError {
    EmbeddedPostgresError::Busy {
        data_dir: layout.data_dir,
        holder: locks::holder(owner),
        seconds: PATIENCE.as_secs(),
    }
}
