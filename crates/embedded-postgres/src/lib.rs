//! Runs the Postgres that is installed on this machine as the private server of one program, so
//! that the program works with no database set up.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use sihha_embedded_postgres::{EmbeddedPostgres, Settings};
//!
//! let settings = Settings::new(Path::new("/var/lib/clinic"), "clinic");
//! let postgres = EmbeddedPostgres::serve(&settings)?;
//! // Create tables over this connection, and grant their use to `postgres.service_role()`:
//! println!("{}", postgres.owner_url());
//! // Serve requests over this one:
//! println!("{}", postgres.database_url());
//! // Stops the server. Dropping the value does the same.
//! postgres.stop()?;
//! # Ok::<(), sihha_embedded_postgres::EmbeddedPostgresError>(())
//! ```
//!
//! A short command of the same program, such as an import, calls
//! [`EmbeddedPostgres::attach_or_start`] with the same settings. It uses the running server, or
//! runs one until it ends.
//!
//! # Guarantees
//!
//! - **The server ends with the program**, even after `kill -9`: the kernel then sends it `SIGINT`, a
//!   fast and clean shutdown. The next start waits until that shutdown is complete.
//! - **A crashed server is restarted**, and one that hangs is killed when it must stop.
//! - **One server per data directory.** Further processes attach to it, and it stops only after
//!   they have ended, or after a grace period.
//! - **The data directory is complete or absent.** A kill during its creation leaves nothing
//!   half-made.
//! - **No network and no password.** Clients connect over a Unix socket. Only root and the user who
//!   runs the server can.
//! - **Never as root.** Started by root, the server runs as the owner of its data, else as the user
//!   `postgres`.
//! - **Three roles**, so that the program does not serve as a superuser: see [`Settings::name`].
//! - **Bounded logs without data**: two files of about 10 MiB, with no statement, parameter or row.
//!
//! It works on Linux (`PR_SET_PDEATHSIG`, `/proc`), with PostgreSQL 14 or later. It does not
//! upgrade data to another major version of Postgres.
//!
//! # Files
//!
//! ```text
//! <data-dir>/postgres/
//!   serve.lock owner.lock users.lock   which processes run and use the server: see `locks`
//!   pg_hba.conf pg_ident.conf          who may connect; written at each start
//!   cluster/                           the data; belongs to the user who runs the server
//!   run/                               the Unix socket
//!   postgres.log postgres.log.1        the server's log
//! ```
//!
//! # Modules
//!
//! [`EmbeddedPostgres`] decides by the locks whether to run a server or to attach to one.
//! `supervisor` keeps the server running, `postmaster` is one run of it, `launcher` starts programs
//! as the right user, and `roles` creates the roles in the database.
#![warn(clippy::unwrap_used)]

mod account;
mod binaries;
pub mod children;
mod cluster;
mod error;
mod launcher;
mod layout;
mod locks;
mod log_file;
mod memory;
mod plan;
mod postmaster;
mod roles;
mod settings;
mod supervisor;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sihha_interrupt::Interrupt;

pub use self::error::EmbeddedPostgresError;
pub use self::settings::Settings;

use self::account::Account;
use self::binaries::Binaries;
use self::error::Result;
use self::launcher::{Launcher, check};
use self::layout::Layout;
use self::locks::{Lock, OWNER_TIMEOUT, OwnerLocks, ServeLock};
use self::plan::Plan;
use self::roles::{Names, SUPERUSER};
use self::supervisor::Supervisor;

/// Time that attached commands get to finish when `serve` is stopped. Service managers do not wait
/// much longer.
const SERVE_GRACE_PERIOD: Duration = Duration::from_secs(5);

/// Time that attached commands get to finish when the short command that runs the server ends.
/// Nothing waits for that command, and an attached import must not be cut off.
const COMMAND_GRACE_PERIOD: Duration = Duration::from_mins(10);

/// A running server, which this process or another process runs.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    layout: Layout,
    names: Names,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// This process runs the server.
    Owner(Supervisor),
    /// Another process runs it, and stops it only after this lock on `users.lock` is released.
    Attached { _users: File },
}

impl EmbeddedPostgres {
    /// Runs the server until the value is stopped or dropped. For the one process that serves: a
    /// second one gets [`AlreadyServing`](EmbeddedPostgresError::AlreadyServing).
    pub fn serve(settings: &Settings) -> Result<Self> {
        Self::serve_unless(settings, &Interrupt::default())
    }

    /// Does the same, but ends early when `interrupt` is triggered. Triggered later, it stops the
    /// server.
    pub fn serve_unless(settings: &Settings, interrupt: &Interrupt) -> Result<Self> {
        let names = Names::of(settings)?;
        let layout = Layout::prepare(&settings.data_dir)?;
        let serve = ServeLock::take(&layout)?;
        // A short command may hold it, or the server of a killed process, until its shutdown is
        // complete.
        let owner = locks::open(&layout, Lock::Owner)?;
        let is_owner = locks::poll(OWNER_TIMEOUT, || {
            check(interrupt)?;
            Ok(locks::try_exclusive(&layout, Lock::Owner, &owner)?.then_some(()))
        })?;
        match is_owner {
            Some(()) => Self::own(settings, layout, names, Some(serve), owner, interrupt),
            None => Err(busy(layout, &owner)),
        }
    }

    /// Uses the running server, or runs one until the value is stopped or dropped. For short
    /// commands.
    pub fn attach_or_start(settings: &Settings) -> Result<Self> {
        let names = Names::of(settings)?;
        Self::attach(settings, names, Layout::prepare(&settings.data_dir)?, false)
    }

    /// Does the same where a database exists. Creates nothing.
    pub fn attach_or_start_existing(settings: &Settings) -> Result<Self> {
        let names = Names::of(settings)?;
        Self::attach(settings, names, Layout::find(&settings.data_dir)?, true)
    }

    fn attach(settings: &Settings, names: Names, layout: Layout, must_exist: bool) -> Result<Self> {
        let owner = locks::open(&layout, Lock::Owner)?;
        match locks::poll(OWNER_TIMEOUT, || attach_or_own(&layout, &owner))? {
            Some(Way::Attach(users)) => {
                tracing::debug!(data_dir = %layout.data_dir.display(), "using the running Postgres");
                Ok(Self { layout, names, hold: Hold::Attached { _users: users } })
            }
            Some(Way::Own) if must_exist && layout.cluster_version()?.is_none() => {
                Err(EmbeddedPostgresError::NoDatabase(layout.data_dir))
            }
            Some(Way::Own) => Self::own(settings, layout, names, None, owner, &Interrupt::default()),
            None => Err(busy(layout, &owner)),
        }
    }

    /// Returns the libpq URL of the database for the role that serves. That role may use what is
    /// granted to it, and owns nothing.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.layout.database_url(&self.names.database, &self.names.service)
    }

    /// Returns the URL for the role that owns the database and its tables. Schema migrations use
    /// it.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.layout.database_url(&self.names.database, &self.names.owner)
    }

    /// Returns the URL for the superuser, who administers the server.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.layout.database_url(&self.names.database, SUPERUSER)
    }

    /// Returns the name of the role of [`database_url`](Self::database_url).
    #[must_use]
    pub fn service_role(&self) -> &str {
        &self.names.service
    }

    /// Returns the path of the file that marks that the database has its roles. If it is missing,
    /// the next start creates the missing roles, and gives all tables to their owner.
    #[must_use]
    pub fn roles_mark(&self) -> PathBuf {
        self.names.mark(&self.layout.cluster())
    }

    /// Returns whether this process runs the server. While nothing else can have attached yet, it
    /// may migrate the schema.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        matches!(self.hold, Hold::Owner(_))
    }

    /// Stops the server if this process runs it. Dropping the value does the same, and logs an
    /// error.
    pub fn stop(self) -> Result<()> {
        match self.hold {
            Hold::Owner(mut supervisor) => supervisor.stop(),
            Hold::Attached { .. } => Ok(()),
        }
    }

    /// Starts the server. The caller has locked `owner`, so no other process uses the folder.
    fn own(
        settings: &Settings,
        layout: Layout,
        names: Names,
        serve: Option<ServeLock>,
        owner: File,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let users = locks::open(&layout, Lock::Users)?;
        let owner = Arc::new(owner);
        let account = Account::of_server(&layout.cluster(), &layout.data_dir)?;
        let launcher = Launcher::new(&layout, account, Arc::clone(&owner), interrupt.clone())?;
        let binaries = Binaries::find(settings, &layout, &launcher)?;
        cluster::prepare(settings, &layout, &names, &launcher, &binaries)?;

        let arguments = postmaster::arguments(settings, &layout);
        let grace_period = if serve.is_some() { SERVE_GRACE_PERIOD } else { COMMAND_GRACE_PERIOD };
        let locks = OwnerLocks { serve, owner, users };
        let postgres = binaries.postgres;
        let plan = Plan { layout: layout.clone(), launcher, postgres, arguments, locks, grace_period };
        Ok(Self { layout, names, hold: Hold::Owner(Supervisor::start(plan, interrupt)?) })
    }
}

enum Way {
    Attach(File),
    Own,
}

/// Tries once to attach to a running server or to become its owner.
///
/// Locks `users.lock` first, so that the server cannot stop between the check and its use. Releases
/// it if neither is possible yet, so that a waiting process does not delay a stop.
fn attach_or_own(layout: &Layout, owner: &File) -> Result<Option<Way>> {
    let users = locks::open(layout, Lock::Users)?;
    if !locks::try_shared(layout, Lock::Users, &users)? {
        return Ok(None);
    }
    if locks::try_exclusive(layout, Lock::Owner, owner)? {
        return Ok(Some(Way::Own));
    }
    Ok(postmaster::accepts_connections(layout).then_some(Way::Attach(users)))
}

fn busy(layout: Layout, owner: &File) -> EmbeddedPostgresError {
    EmbeddedPostgresError::Busy {
        data_dir: layout.data_dir,
        holder: locks::holder(owner),
        seconds: OWNER_TIMEOUT.as_secs(),
    }
}
