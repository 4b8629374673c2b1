//! Starts the binary, and sees to it that nothing of it outlives its test.

use std::ffi::{OsStr, OsString};
use std::fmt::Debug;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection, RunQueryDsl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_tests::{Client, Janitor, TestDatabase, temporary_dir};
use tempfile::TempDir;

/// Longer than anything takes on the slowest machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Signs the tokens of a service whose database is given.
pub(crate) const JWT_SECRET: &str = "the secret of the tests, long enough";

/// Hashes that cost next to nothing, and a port that nobody else has.
const CHEAP: [(&str, &str); 5] = [
    ("SIHHA_LISTEN", "127.0.0.1:0"),
    ("SIHHA_ARGON2_MEMORY_KIB", "8"),
    ("SIHHA_ARGON2_PASSES", "1"),
    ("SIHHA_POOL_SIZE", "4"),
    ("SIHHA_DRAIN", "0s"),
];

/// How to end a Postgres, ever less politely, and how long to wait for it. Only one that is killed leaves its shared
/// memory behind.
const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, DEADLINE),
];

/// The state of a cluster that was shut down (`DBState` in Postgres's `pg_control.h`).
const DB_SHUTDOWNED: u32 = 1;

/// The binary with its surroundings: a folder of its own where it runs, and its environment. With the value
/// goes everything that runs or lies there.
pub(crate) struct Sihha {
    folder: TempDir,
    _janitor: Janitor,
    /// The binary.
    pub(crate) program: PathBuf,
    variables: Vec<(OsString, OsString)>,
    /// Who runs it, if not the one who runs the tests. Only root can change that.
    pub(crate) user: Option<u32>,
}

impl Sihha {
    /// With no environment at all.
    pub(crate) fn bare() -> Self {
        let folder = temporary_dir();
        let janitor = Janitor::of(folder.path());
        let program = PathBuf::from(env!("CARGO_BIN_EXE_sihha"));
        Self { folder, _janitor: janitor, program, variables: Vec::new(), user: None }
    }

    /// With hashes that cost next to nothing, and no database.
    pub(crate) fn cheap() -> Self {
        CHEAP.iter().fold(Self::bare(), |sihha, (name, value)| sihha.with(name, value))
    }

    /// With a Postgres of its own, to be made at the first start.
    pub(crate) fn fresh() -> Self {
        let sihha = Self::cheap();
        let data_dir = sihha.data_dir();
        sihha.with("SIHHA_DATA_DIR", data_dir)
    }

    /// With a Postgres of its own that was made and stopped before.
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

    /// On a database that is given.
    pub(crate) fn on(database: &TestDatabase) -> Self {
        Self::cheap().with("DATABASE_URL", database.url()).with("SIHHA_JWT_SECRET", JWT_SECRET)
    }

    /// Sets a variable of its environment.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self = self.without(name);
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where a Postgres of its own is kept.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A command with these arguments.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command_of(&self.program);
        command.args(arguments);
        command
    }

    /// Another program, in the same surroundings. The kernel kills it when the calling thread ends, so that
    /// it also ends when the tests are killed.
    pub(crate) fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(uid) = self.user {
            command.args([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
        }
        command.arg("--").arg(program).current_dir(self.path());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it with these arguments.
    pub(crate) fn start<const N: usize>(&self, arguments: [&str; N]) -> Process {
        Process::start(&mut self.command(arguments))
    }

    /// Runs it with these arguments to its end.
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Finished {
        self.start(arguments).finish()
    }

    /// The same for any number of arguments.
    pub(crate) fn run_all(&self, arguments: &[&str]) -> Finished {
        Process::start(self.command([]).args(arguments)).finish()
    }

    /// Starts the service, and waits until it says that it is ready.
    pub(crate) fn serve(&self) -> Service {
        self.serve_with([])
    }

    /// The same with more options.
    pub(crate) fn serve_with<const N: usize>(&self, options: [&str; N]) -> Service {
        Service::of(Process::start(self.command(["serve"]).args(options)))
    }

    /// The processes that run in its folder: the program itself, and its Postgres.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid: Option<i32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let folder = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            found.extend(pid.filter(|_| folder.starts_with(self.path())).map(Pid::from_raw));
        }
        found
    }

    /// Waits until nothing runs in its folder any more.
    pub(crate) fn wait_for_no_process(&self) {
        eventually("the end of all processes", || self.processes().is_empty().then_some(()));
    }

    /// The process of its Postgres, once there is one.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let file = self.data_dir().join("postgres/cluster/postmaster.pid");
        let pid = fs::read_to_string(file).ok()?.lines().next()?.parse().ok()?;
        Some(Pid::from_raw(pid))
    }

    /// Runs SQL as superuser on its own Postgres, which must run; answers how many rows it changed.
    pub(crate) fn execute(&self, sql: &str) -> usize {
        diesel::sql_query(sql).execute(&mut self.connection()).unwrap()
    }

    /// The number that an SQL query on its own Postgres answers in its column `n`.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        diesel::sql_query(sql).get_result::<Row>(&mut self.connection()).unwrap().n
    }

    /// A connection to its own Postgres as that role.
    pub(crate) fn connection_as(&self, role: &str) -> PgConnection {
        let run = self.data_dir().join("postgres/run");
        let host = run.to_str().unwrap().replace('/', "%2F");
        PgConnection::establish(&format!("postgres://{role}@{host}:5432/sihha")).unwrap()
    }

    fn connection(&self) -> PgConnection {
        self.connection_as("postgres")
    }

    /// Ends what still runs: the program immediately, its Postgres as the program would.
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

    /// Removes the shared memory of a Postgres that was killed: the next start of its cluster does that.
    fn release_shared_memory(&self) {
        if was_killed(&self.data_dir().join("postgres/cluster")) {
            let mut migrate = self.command(["migrate"]);
            migrate.env_remove("DATABASE_URL").env("SIHHA_DATA_DIR", self.data_dir());
            let _ = migrate.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Sihha {
    // Nothing is checked: a panic while panicking would leave everything behind.
    fn drop(&mut self) {
        self.end_processes();
        self.release_shared_memory();
    }
}

/// Whether the Postgres of a cluster that does not run ended in another way than by shutting down.
fn was_killed(cluster: &Path) -> bool {
    // `ControlFileData` begins with two version numbers and an identifier, 16 bytes in all; the state follows.
    let control = fs::read(cluster.join("global/pg_control")).unwrap_or_default();
    control.get(16..20).is_some_and(|state| state != DB_SHUTDOWNED.to_ne_bytes())
}

/// What a process writes, as far as it was read.
#[derive(Default)]
struct Written {
    text: String,
    ended: bool,
}

/// One output of a process, read while it runs.
struct Stream(Arc<(Mutex<Written>, Condvar)>);

impl Stream {
    fn read(from: impl Read + Send + 'static) -> Self {
        let shared = Arc::new((Mutex::new(Written::default()), Condvar::new()));
        let reader = Arc::clone(&shared);
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                reader.0.lock().unwrap().text += &String::from_utf8_lossy(&line);
                reader.1.notify_all();
                line.clear();
            }
            reader.0.lock().unwrap().ended = true;
            reader.1.notify_all();
        });
        Self(shared)
    }

    /// Waits until `found` finds what it looks for, or the stream ends.
    fn wait(&self, what: &str, found: impl Fn(&str) -> bool) -> String {
        let (written, changed) = &*self.0;
        let waiting = |written: &mut Written| !written.ended && !found(&written.text);
        let (written, limit) =
            changed.wait_timeout_while(written.lock().unwrap(), DEADLINE, waiting).unwrap();
        let text = written.text.clone();
        drop(written);
        assert!(!limit.timed_out(), "{what} did not come:\n{text}");
        text
    }
}

/// A process with its output. Killed with the value.
pub(crate) struct Process {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Stream::read(child.stdout.take().unwrap());
        let stderr = Stream::read(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits until standard error holds that text.
    pub(crate) fn wait_for_log(&self, part: &str) {
        let text = self.stderr.wait(part, |text| text.contains(part));
        assert!(text.contains(part), "it ended without {part:?}:\n{text}");
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let stdout = self.stdout.wait("the end", |_| false);
        let stderr = self.stderr.wait("the end", |_| false);
        Finished { code: self.child.wait().unwrap().code(), stdout, stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit status; nothing if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// What it printed; it must have succeeded.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one line by which it refused.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        // A Postgres of its own tells the log about itself before.
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.starts_with('{')).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("sihha: "), "{self:?}");
        lines[0]
    }

    /// The text by which it refused how it was called.
    pub(crate) fn usage_error(&self) -> &str {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        &self.stderr
    }
}

/// A service that answers. Killed with the value.
pub(crate) struct Service {
    process: Process,
    client: Client,
    /// The line by which it said that it is ready.
    pub(crate) announcement: String,
}

impl Service {
    pub(crate) fn of(process: Process) -> Self {
        let announcement = process.stdout.wait("the announcement", |text| text.contains('\n'));
        let address = announcement.split_once("http://").and_then(|(_, rest)| rest.split_once("/api"));
        let Some((address, _)) = address else {
            panic!("it did not start: {:?}", process.finish());
        };
        let client = Client::new(address.parse().unwrap());
        Self { process, client, announcement: announcement.trim_end().to_owned() }
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn stop(self, signal: Signal) -> Finished {
        self.process.signal(signal);
        self.finish()
    }

    /// Waits for the end.
    pub(crate) fn finish(self) -> Finished {
        self.process.finish()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    pub(crate) fn wait_for_log(&self, part: &str) {
        self.process.wait_for_log(part);
    }
}

impl Deref for Service {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Looks until there is something to see.
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_until(DEADLINE, look).unwrap_or_else(|| panic!("{what} did not come"))
}

#[expect(clippy::disallowed_methods, reason = "no event tells what processes of others do")]
fn wait_until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let seen = look();
        if seen.is_some() || Instant::now() > end {
            return seen;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
