//! A Postgres for the tests of one process, in a temporary folder.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, PoisonError};

use sihha_infra::embedded_postgres::{EmbeddedPostgres, Settings};
use sihha_infra::postgres::{Database, migrate};
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
            data_dir: dir.path().to_owned(),
            bin_dir: None,
            max_connections: MAX_CONNECTIONS,
            durable: false,
        };
        let server = EmbeddedPostgres::serve(&settings).expect("Postgres starts");
        // Each test's database is a copy of this one, to which nobody may be connected by then.
        migrate(&Database::new(server.database_url())).expect("the template is migrated");
        Self { server: Mutex::new(Some(server)), settings, _dir: dir, _janitor: janitor }
    }

    /// The URL of its database `sihha`.
    ///
    /// # Panics
    ///
    /// If it is stopped.
    #[must_use]
    pub fn url(&self) -> String {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().expect("Postgres runs").database_url().to_owned()
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
