//! A Postgres for the tests of one process, in a temporary folder.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_embedded_postgres::{EmbeddedPostgres, Settings};
use sihha_infra::postgres::{Database, MigrateSettings, grant_rights, locate, migrate};
use sihha_interrupt::Interrupt;
use tempfile::TempDir;

use crate::Janitor;
use crate::given::{GivenServer, PASSWORD, with_database, with_user};

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
pub struct TestPostgres(Server);

enum Server {
    Own(Box<OwnServer>),
    Given(GivenServer),
}

/// A server that the tests started.
struct OwnServer {
    server: Mutex<Option<EmbeddedPostgres>>,
    settings: Settings,
    // Dropped after the server, so that the server has stopped before its folder is removed.
    _dir: TempDir,
    _janitor: Janitor,
}

impl TestPostgres {
    /// Name of the database and of the service's role, as in a private Postgres.
    const NAME: &str = "sihha";

    /// Returns the Postgres that the tests of this process share: the one of `TEST_DATABASE_URL`, or
    /// one that is started. Each test has its own database.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.get_or_insert_with(|| {
            let postgres = GivenServer::from_environment().map_or_else(Self::start, Self::on);
            #[expect(unsafe_code, reason = "Rust drops no statics, and the test runner ends by `exit`")]
            // SAFETY: the function has the correct type, and exists as long as the process. It is
            // registered after OpenSSL's, and so runs before it.
            unsafe {
                libc::atexit(stop_shared);
            }
            Arc::new(postgres)
        }))
    }

    fn on(server: GivenServer) -> Self {
        let postgres = Self(Server::Given(server));
        let (template, role) = (postgres.template(), postgres.service_role());
        let mut pg = PgConnection::establish(&postgres.admin_url()).expect("TEST_DATABASE_URL is reachable");
        for sql in [
            format!("CREATE DATABASE {template} TEMPLATE template0 ENCODING 'UTF8'"),
            format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"),
        ] {
            pg.batch_execute(&sql).expect("the role of TEST_DATABASE_URL creates databases and roles");
        }
        fill_template(&postgres.url(&template), &role);
        postgres
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
        let server = serve(&settings);
        fill_template(&server.superuser_url(), server.service_role());
        let own = OwnServer { server: Mutex::new(Some(server)), settings, _dir: dir, _janitor: janitor };
        Self(Server::Own(Box::new(own)))
    }

    /// Returns the URL of a database for the role that owns all tables.
    pub(crate) fn url(&self, database: &str) -> String {
        with_database(&self.admin_url(), database)
    }

    /// Returns the URL of a database for the role that creates databases.
    pub(crate) fn admin_url(&self) -> String {
        match &self.0 {
            Server::Given(server) => server.url.clone(),
            Server::Own(own) => {
                let server = own.server.lock().unwrap_or_else(PoisonError::into_inner);
                with_database(&server.as_ref().expect("Postgres runs").superuser_url(), "postgres")
            }
        }
    }

    /// Returns the URL of a database for another role, which has the tests' password.
    pub(crate) fn url_as(&self, role: &str, database: &str) -> String {
        let user = match &self.0 {
            Server::Own(_) => role.to_owned(),
            Server::Given(_) => format!("{role}:{PASSWORD}"),
        };
        with_user(&self.url(database), &user)
    }

    /// Returns the name of a new database on this server.
    pub(crate) fn prefixed(&self, name: &str) -> String {
        match &self.0 {
            Server::Own(_) => name.to_owned(),
            Server::Given(server) => format!("{}{name}", server.prefix),
        }
    }

    /// Returns the name of the template of the tests' databases.
    pub(crate) fn template(&self) -> String {
        self.prefixed(Self::NAME)
    }

    /// Returns the name of the service's role.
    pub(crate) fn service_role(&self) -> String {
        self.prefixed(Self::NAME)
    }

    fn own(&self) -> &OwnServer {
        match &self.0 {
            Server::Own(own) => own,
            Server::Given(_) => panic!("a test needs a server of its own: `TestPostgres::start`"),
        }
    }

    /// Stops the server.
    ///
    /// # Panics
    ///
    /// If it does not stop.
    pub fn stop(&self) {
        let server = self.own().server.lock().unwrap_or_else(PoisonError::into_inner).take();
        server.expect("Postgres runs").stop().expect("Postgres stops");
    }

    /// Returns the folder of the server's socket.
    #[must_use]
    pub fn socket_folder(&self) -> PathBuf {
        socket_folder(&self.own().settings)
    }

    /// Lets every role connect through the socket.
    ///
    /// # Panics
    ///
    /// If the access rules cannot be written.
    pub fn admit_all_roles(&self) {
        // The operator of a given server decides who may connect.
        let Server::Own(own) = &self.0 else { return };
        let rules = own.settings.data_dir.join("postgres/pg_hba.conf");
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
        let file = self.own().settings.data_dir.join("postgres/cluster/postmaster.pid");
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
        let own = self.own();
        *own.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(serve(&own.settings));
    }
}

fn socket_folder(settings: &Settings) -> PathBuf {
    settings.data_dir.join("postgres/run")
}

/// Starts a server whose socket all users may use, as with Postgres's packages. A service that root
/// starts gives up the right to use others.
fn serve(settings: &Settings) -> EmbeddedPostgres {
    let server = EmbeddedPostgres::serve(settings).expect("Postgres starts");
    let folder = socket_folder(settings);
    for (path, mode) in [(folder.join(".s.PGSQL.5432"), 0o777), (folder, 0o755)] {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
    }
    server
}

/// Migrates the database that each test's database is a copy of. No connection to it may be open
/// when it is copied.
fn fill_template(url: &str, service_role: &str) {
    let template = locate(Database::parse(url).expect("a connection string"), None).expect("a schema");
    migrate(&template, MigrateSettings::ALL, &Interrupt::default()).expect("the template is migrated");
    grant_rights(&template, service_role).expect("the service has its rights");
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
