//! Starts the binary, and makes sure that nothing of it outlives its test.

// With its path, because the tests in other folders include this file by its path.
#[path = "process/running.rs"]
mod running;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use diesel::{Connection, PgConnection, RunQueryDsl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_tests::recorder::{self, RecordKind};
use sihha_tests::{Janitor, TestDatabase, temporary_dir};
use tempfile::TempDir;

use self::running::wait_until;
pub(crate) use self::running::{Finished, Process, Service, eventually};

/// Longer than anything takes on the slowest machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Signs the tokens of a service on a given database.
pub(crate) const JWT_SECRET: &str = "the secret of the tests, long enough";

/// Cheap hashes, a free port, and no limits of requests: one client sends all those of a test.
const CHEAP: [(&str, &str); 9] = [
    ("SIHHA_LISTEN", "127.0.0.1:0"),
    ("SIHHA_ARGON2_MEMORY_KIB", "8"),
    ("SIHHA_ARGON2_PASSES", "1"),
    ("SIHHA_POOL_SIZE", "4"),
    ("SIHHA_DRAIN", "0s"),
    ("SIHHA_REGISTER_LIMIT", "off"),
    ("SIHHA_LOGIN_LIMIT", "off"),
    ("SIHHA_MAIL_LIMIT", "off"),
    ("SIHHA_REFRESH_LIMIT", "off"),
];

/// Variables with a secret.
const SECRETS: [&str; 4] =
    ["SIHHA_JWT_SECRET", "SIHHA_SECRET_KEY", "SIHHA_LEGACY_JWT_SECRET", "SIHHA_SMTP_PASSWORD"];

/// Signals that end a Postgres, the gentlest first, and how long to wait after each. Only one that
/// is killed leaves its shared memory behind.
const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, DEADLINE),
];

/// State of a cluster that was shut down (`DBState` in Postgres's `pg_control.h`).
const DB_SHUTDOWNED: u32 = 1;

/// The binary with a folder in which it runs, and with its environment. When it is dropped,
/// everything that runs or lies in the folder is removed.
pub(crate) struct Sihha {
    folder: TempDir,
    _janitor: Janitor,
    /// The binary.
    pub(crate) program: PathBuf,
    variables: Vec<(OsString, OsString)>,
    /// User that runs the binary, if not the user that runs the tests. Only root can change it.
    pub(crate) user: Option<u32>,
}

impl Sihha {
    /// Returns the binary with an empty environment.
    pub(crate) fn bare() -> Self {
        let folder = temporary_dir();
        let janitor = Janitor::of(folder.path());
        let program = PathBuf::from(env!("CARGO_BIN_EXE_sihha"));
        Self { folder, _janitor: janitor, program, variables: Vec::new(), user: None }
    }

    /// Returns the binary with cheap hashes and no database.
    pub(crate) fn cheap() -> Self {
        CHEAP.iter().fold(Self::bare(), |sihha, (name, value)| sihha.with(name, value))
    }

    /// Returns the binary with a private Postgres that is created at the first start.
    pub(crate) fn fresh() -> Self {
        let sihha = Self::cheap();
        let data_dir = sihha.data_dir();
        sihha.with("SIHHA_DATA_DIR", data_dir)
    }

    /// Returns the binary with a private Postgres that exists but does not run.
    pub(crate) fn made() -> Self {
        static TEMPLATE: OnceLock<Sihha> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let sihha = Self::fresh();
            sihha.run(["migrate"]).succeeded();
            sihha
        });
        let sihha = Self::fresh();
        let copied = Command::new("cp").arg("-a").args([template.data_dir(), sihha.data_dir()]).status();
        assert!(copied.unwrap().success());
        sihha
    }

    /// Returns the binary with this database.
    pub(crate) fn on(database: &TestDatabase) -> Self {
        Self::cheap().with("DATABASE_URL", database.url()).with("SIHHA_JWT_SECRET", JWT_SECRET)
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self = self.without(name);
        if SECRETS.contains(&name) && value.as_ref().len() >= 8 {
            recorder::record(RecordKind::Secret, value.as_ref().as_encoded_bytes());
        }
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Removes an environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Returns its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the data directory of its private Postgres.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Returns a command with these arguments.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command_of(&self.program);
        command.args(arguments);
        command
    }

    /// Returns a command for another program with the same folder and environment. The kernel kills
    /// it when the calling thread ends, so that it also ends when the tests are killed.
    pub(crate) fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(uid) = self.user {
            command.args([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
        }
        // Under nohup the tests ignore SIGHUP, and their processes would inherit that.
        command.args(["--", "env", "--default-signal=HUP"]).arg(program).current_dir(self.path());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it with these arguments.
    pub(crate) fn start<const N: usize>(&self, arguments: [&str; N]) -> Process {
        Process::start(&mut self.command(arguments))
    }

    /// Runs it with these arguments until it exits.
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Finished {
        self.start(arguments).finish()
    }

    /// Does the same for any number of arguments.
    pub(crate) fn run_all(&self, arguments: &[&str]) -> Finished {
        Process::start(self.command([]).args(arguments)).finish()
    }

    /// Starts the service, and waits until it is ready.
    pub(crate) fn serve(&self) -> Service {
        self.serve_with([])
    }

    /// Does the same with more options. It logs at `trace` unless `SIHHA_LOG` is set.
    pub(crate) fn serve_with<const N: usize>(&self, options: [&str; N]) -> Service {
        let mut command = self.command(["serve"]);
        if self.variables.iter().all(|(name, _)| name != "SIHHA_LOG") {
            command.env("SIHHA_LOG", "trace");
        }
        Service::of(Process::start(command.args(options)))
    }

    /// Returns the processes that run in its folder: the program and its Postgres.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid: Option<i32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let folder = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            found.extend(pid.filter(|_| folder.starts_with(self.path())).map(Pid::from_raw));
        }
        found
    }

    /// Waits until no process runs in its folder.
    pub(crate) fn wait_for_no_process(&self) {
        eventually("the exit of all processes", || self.processes().is_empty().then_some(()));
    }

    /// Returns the process of its Postgres, if one runs.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let file = self.data_dir().join("postgres/cluster/postmaster.pid");
        let pid = fs::read_to_string(file).ok()?.lines().next()?.parse().ok()?;
        Some(Pid::from_raw(pid))
    }

    /// Runs SQL as superuser on its private Postgres. Returns the number of changed rows.
    pub(crate) fn execute(&self, sql: &str) -> usize {
        diesel::sql_query(sql).execute(&mut self.connection()).unwrap()
    }

    /// Returns the column `n` of an SQL query on its private Postgres.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        diesel::sql_query(sql).get_result::<Row>(&mut self.connection()).unwrap().n
    }

    /// Connects to its private Postgres as `role`.
    pub(crate) fn connection_as(&self, role: &str) -> PgConnection {
        PgConnection::establish(&self.url_as(role)).unwrap()
    }

    /// Returns the URL of its private Postgres for `role`.
    pub(crate) fn url_as(&self, role: &str) -> String {
        let run = self.data_dir().join("postgres/run");
        let host = run.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{role}@{host}:5432/sihha")
    }

    fn connection(&self) -> PgConnection {
        self.connection_as("postgres")
    }

    /// Ends the processes that still run: the program immediately, its Postgres as the program
    /// would do.
    fn end_processes(&self) {
        for (signal, limit) in ENDINGS {
            for pid in self.processes() {
                let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
                let is_own = program.file_name() == self.program.file_name();
                let _ = kill(pid, if is_own { Signal::SIGKILL } else { signal });
            }
            if wait_until(limit, || self.processes().is_empty().then_some(())).is_some() {
                return;
            }
        }
    }

    /// Removes the shared memory of a Postgres that was killed, by starting its cluster again.
    fn release_shared_memory(&self) {
        if was_killed(&self.data_dir().join("postgres/cluster")) {
            let mut migrate = self.command(["migrate"]);
            migrate.env_remove("DATABASE_URL").env("SIHHA_DATA_DIR", self.data_dir());
            let _ = migrate.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Sihha {
    // Ignores failures, because a panic while panicking would leave everything behind.
    fn drop(&mut self) {
        self.end_processes();
        self.release_shared_memory();
    }
}

/// Returns whether the Postgres of a stopped cluster ended without shutting down.
fn was_killed(cluster: &Path) -> bool {
    // `ControlFileData` begins with two version numbers and an identifier, 16 bytes in all; the
    // state follows.
    let control = fs::read(cluster.join("global/pg_control")).unwrap_or_default();
    control.get(16..20).is_some_and(|state| state != DB_SHUTDOWNED.to_ne_bytes())
}
