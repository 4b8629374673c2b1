//! A Postgres for the tests of one process, in a temporary folder.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_embedded_postgres::{EmbeddedPostgres, Settings};
use sihha_infra::postgres::{Database, MigrateSettings, grant_rights, locate, migrate};
use sihha_interrupt::Interrupt;
use tempfile::TempDir;

use crate::Janitor;

/// Maximum number of connections of all tests of a process together.
const MAX_CONNECTIONS: u32 = 300;

static SHARED: Mutex<Option<Arc<TestPostgres>>> = Mutex::new(None);

/// Stops the shared Postgres. The janitor does the same, but only after the tests have ended.
extern "C" fn stop_shared() {
    let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(shared);
}

/// A real Postgres for tests. It is stopped and removed when the value is dropped; the shared one,
/// when the process ends.
pub struct TestPostgres {
    server: Mutex<Option<EmbeddedPostgres>>,
    settings: Settings,
    // Dropped after the server, so that the server has stopped before its folder is removed.
    _dir: TempDir,
    _janitor: Janitor,
}

impl TestPostgres {
    /// Name of the database and of the service's role, as in a private Postgres.
    pub(crate) const NAME: &str = "sihha";

    /// Returns the Postgres that the tests of this process share. Each test has its own database.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.get_or_insert_with(|| {
            #[expect(unsafe_code, reason = "Rust drops no statics, and the test runner ends by `exit`")]
            // SAFETY: the function has the correct type, and exists as long as the process.
            unsafe {
                libc::atexit(stop_shared);
            }
            Arc::new(Self::start())
        }))
    }

    /// Starts a Postgres that no other test uses, for a test that stops it.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start() -> Self {
        let dir = temporary_dir();
        let janitor = Janitor::of(dir.path());
        let settings = Settings {
            max_connections: MAX_CONNECTIONS,
            durable: false,
            ..Settings::new(dir.path(), Self::NAME)
        };
        let server = EmbeddedPostgres::serve(&settings).expect("Postgres starts");
        // Each test's database is a copy of this one. No connection to it may be open when it is
        // copied.
        let template = Database::parse(&server.superuser_url()).expect("a connection string");
        let template = locate(template, None).expect("a schema");
        migrate(&template, MigrateSettings::ALL, &Interrupt::default()).expect("the template is migrated");
        grant_rights(&template, server.service_role()).expect("the service has its rights");
        Self { server: Mutex::new(Some(server)), settings, _dir: dir, _janitor: janitor }
    }

    /// Returns the URL of the database `sihha` for the superuser.
    ///
    /// # Panics
    ///
    /// If the server is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().expect("Postgres runs").superuser_url()
    }

    /// Stops the server.
    ///
    /// # Panics
    ///
    /// If it does not stop.
    pub fn stop(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        server.expect("Postgres runs").stop().expect("Postgres stops");
    }

    /// Returns the folder of the server's socket.
    #[must_use]
    pub fn socket_folder(&self) -> PathBuf {
        self.settings.data_dir.join("postgres/run")
    }

    /// Lets every role connect through the socket.
    ///
    /// # Panics
    ///
    /// If the access rules cannot be written.
    pub fn admit_all_roles(&self) {
        let rules = self.settings.data_dir.join("postgres/pg_hba.conf");
        let mut rules = std::fs::OpenOptions::new().append(true).open(rules).expect("access rules");
        writeln!(rules, "local all all trust").expect("access rules are written");
    }

    /// Suspends the server's processes until the value is dropped. Connections stay open, but do
    /// not respond.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    #[must_use]
    pub fn freeze(&self) -> Frozen {
        let file = self.settings.data_dir.join("postgres/cluster/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("Postgres runs");
        let postmaster: i32 = text.lines().next().and_then(|line| line.parse().ok()).expect("a process id");
        // First the postmaster, which starts the others.
        kill(Pid::from_raw(postmaster), Signal::SIGSTOP).expect("it is stopped");
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children =
            children.expect("its children").split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        let frozen = Frozen { postmaster, children };
        frozen.send(Signal::SIGSTOP);
        frozen
    }

    /// Starts the server again, with its data.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_again(&self) {
        let server = EmbeddedPostgres::serve(&self.settings).expect("Postgres starts");
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }
}

/// A Postgres whose processes are suspended. They continue when the value is dropped.
pub struct Frozen {
    postmaster: i32,
    children: Vec<i32>,
}

impl Frozen {
    fn send(&self, signal: Signal) {
        for pid in &self.children {
            // A process that has ended needs no signal.
            let _ = kill(Pid::from_raw(*pid), signal);
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.send(Signal::SIGCONT);
        let _ = kill(Pid::from_raw(self.postmaster), Signal::SIGCONT);
    }
}

/// Creates a temporary folder. Postgres's user can pass through it if the tests run as root.
///
/// # Panics
///
/// If the folder cannot be created.
#[must_use]
pub fn temporary_dir() -> TempDir {
    let dir = tempfile::Builder::new().prefix("sihha-test-").tempdir().expect("a temporary folder");
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).expect("permissions");
    dir
}
