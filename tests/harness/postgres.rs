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

/// As many connections as all tests of a process together may hold.
const MAX_CONNECTIONS: u32 = 300;

static SHARED: Mutex<Option<Arc<TestPostgres>>> = Mutex::new(None);

/// The janitor would do the same, but a moment after the tests have ended.
extern "C" fn stop_shared() {
    let shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(shared);
}

/// A real Postgres of the tests' own. Stopped and removed with the value, the shared one with the process.
pub struct TestPostgres {
    server: Mutex<Option<EmbeddedPostgres>>,
    settings: Settings,
    // After the server, so that it is removed when the server has stopped.
    _dir: TempDir,
    _janitor: Janitor,
}

impl TestPostgres {
    /// Name of its database and of the service's role, as in a private Postgres.
    pub(crate) const NAME: &str = "sihha";

    /// The one that the tests of this process share. Each runs in a database of its own.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.get_or_insert_with(|| {
            #[expect(unsafe_code, reason = "Rust drops no statics, and the test runner ends by `exit`")]
            // SAFETY: the function is of the right kind, and lives as long as the process.
            unsafe {
                libc::atexit(stop_shared);
            }
            Arc::new(Self::start())
        }))
    }

    /// One that nobody shares, for a test that stops it.
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
        // Each test's database is a copy of this one, to which nobody may be connected by then.
        let template = Database::parse(&server.superuser_url()).expect("a connection string");
        let template = locate(template, None).expect("a schema");
        migrate(&template, MigrateSettings::ALL, &Interrupt::default()).expect("the template is migrated");
        grant_rights(&template, server.service_role()).expect("the service has its rights");
        Self { server: Mutex::new(Some(server)), settings, _dir: dir, _janitor: janitor }
    }

    /// The URL of its database `sihha`, as superuser.
    ///
    /// # Panics
    ///
    /// If it is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().expect("Postgres runs").superuser_url()
    }

    /// Takes the database away.
    ///
    /// # Panics
    ///
    /// If it does not stop.
    pub fn stop(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        server.expect("Postgres runs").stop().expect("Postgres stops");
    }

    /// The folder of its socket.
    #[must_use]
    pub fn socket_folder(&self) -> PathBuf {
        self.settings.data_dir.join("postgres/run")
    }

    /// Lets every role in, over its socket.
    ///
    /// # Panics
    ///
    /// If its rules cannot be written.
    pub fn admit_all_roles(&self) {
        let rules = self.settings.data_dir.join("postgres/pg_hba.conf");
        let mut rules = std::fs::OpenOptions::new().append(true).open(rules).expect("its rules");
        writeln!(rules, "local all all trust").expect("its rules are written");
    }

    /// Stops its processes where they stand, until the value is dropped: connections stay open, and nothing answers.
    ///
    /// # Panics
    ///
    /// If it does not run.
    #[must_use]
    pub fn freeze(&self) -> Frozen {
        let file = self.settings.data_dir.join("postgres/cluster/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("Postgres runs");
        let postmaster: i32 = text.lines().next().and_then(|line| line.parse().ok()).expect("a process id");
        // First the one that starts others.
        kill(Pid::from_raw(postmaster), Signal::SIGSTOP).expect("it is stopped");
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children =
            children.expect("its children").split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        let frozen = Frozen { postmaster, children };
        frozen.send(Signal::SIGSTOP);
        frozen
    }

    /// Brings it back, with its data.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_again(&self) {
        let server = EmbeddedPostgres::serve(&self.settings).expect("Postgres starts");
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }
}

/// A Postgres whose processes are stopped. They go on when it is dropped.
pub struct Frozen {
    postmaster: i32,
    children: Vec<i32>,
}

impl Frozen {
    fn send(&self, signal: Signal) {
        for pid in &self.children {
            // One that has ended meanwhile needs no signal.
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

/// A temporary folder that Postgres's user can pass through, where the tests run as root.
///
/// # Panics
///
/// If there is none to be had.
#[must_use]
pub fn temporary_dir() -> TempDir {
    let dir = tempfile::Builder::new().prefix("sihha-test-").tempdir().expect("a temporary folder");
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).expect("permissions");
    dir
}
