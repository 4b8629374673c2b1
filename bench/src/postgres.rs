//! A private Postgres of the bench, as durable as in production, removed with the value.

use std::fs::{self, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use sihha_embedded_postgres::{EmbeddedPostgres, Settings};
use tempfile::TempDir;

/// Name of the server's default database, which no measure uses.
const NAME: &str = "sihha_bench";

/// Enough for all services, pgbench and the peer together.
const MAX_CONNECTIONS: u32 = 300;

/// Removes the folder after this process has ended: the tests do the same.
const JANITOR: &str = include_str!("../../tests/harness/janitor.sh");

/// A running server.
pub(crate) struct Postgres {
    server: Option<EmbeddedPostgres>,
    programs: PathBuf,
    id: u32,
    dir: TempDir,
    janitor: Child,
}

impl Postgres {
    /// Creates and starts a server in a new temporary folder.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("sihha-bench-").tempdir()?;
        // If root starts it, Postgres runs as another user, who must be able to pass through the
        // folder.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711))?;
        let janitor = Command::new("sh")
            .args(["-c", JANITOR, "janitor"])
            .arg(dir.path())
            .stdin(Stdio::piped())
            // So that it does not receive the Ctrl-C that ends the bench.
            .process_group(0)
            .spawn()?;
        let server = EmbeddedPostgres::serve(&Settings {
            max_connections: MAX_CONNECTIONS,
            ..Settings::new(dir.path(), NAME)
        })?;
        // If root starts the service, it gives up the right to use a closed socket of another user.
        let run = dir.path().join("postgres/run");
        fs::set_permissions(run.join(".s.PGSQL.5432"), Permissions::from_mode(0o777))?;
        fs::set_permissions(run, Permissions::from_mode(0o755))?;
        let id = number_of_running(dir.path())?;
        let program = fs::read_link(format!("/proc/{id}/exe")).context("where postgres runs from")?;
        let programs = program.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { server: Some(server), programs, id, dir, janitor })
    }

    /// Returns the URL of a database through the Unix socket, for the superuser, who can load rows
    /// without checks of foreign keys.
    pub(crate) fn url(&self, database: &str) -> String {
        let url = self.server.as_ref().map(EmbeddedPostgres::superuser_url).unwrap_or_default();
        match url.split_once(&format!("/{NAME}?")) {
            Some((server, options)) => format!("{server}/{database}?{options}"),
            None => url,
        }
    }

    /// Returns the process id of the postmaster.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Returns a new folder that is removed with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Creates an empty database.
    pub(crate) fn create(&self, database: &str) -> anyhow::Result<()> {
        self.query("postgres", &format!("CREATE DATABASE {database}")).map(|_| ())
    }

    /// Returns the result of an SQL statement, one line for each row.
    pub(crate) fn query(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let output = self.psql(database, &["-c", sql])?.output().context("psql does not run")?;
        if !output.status.success() {
            bail!("{sql}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs the maintenance that the last measure caused, so that Postgres does not run it during
    /// the next one.
    pub(crate) fn settle(&self, database: &str) -> anyhow::Result<()> {
        self.query(database, "VACUUM (ANALYZE)").map(|_| ())
    }

    /// Loads rows with `COPY`. `target` is a table with its columns. Foreign keys are not checked:
    /// that takes longer than the loading, and the caller generates consistent rows.
    pub(crate) fn copy(
        &self,
        database: &str,
        target: &str,
        rows: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let copy = format!("COPY {target} FROM STDIN");
        let arguments = ["-c", "SET session_replication_role = replica", "-c", copy.as_str()];
        let mut command = self.psql(database, &arguments)?;
        let mut child = command.stdin(Stdio::piped()).spawn().context("psql does not run")?;
        let stdin = child.stdin.take().context("psql takes no input")?;
        let mut input = BufWriter::with_capacity(1 << 20, stdin);
        let written = rows(&mut input).and_then(|()| input.flush());
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{copy}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        written.with_context(|| copy)
    }

    /// Runs pgbench with a script, and returns its report of each second.
    pub(crate) fn pgbench(&self, database: &str, arguments: &[String]) -> anyhow::Result<String> {
        let mut command = Command::new(self.program("pgbench")?);
        let output =
            command.args(arguments).arg(self.url(database)).output().context("pgbench does not run")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() || said.contains("aborted") {
            bail!("pgbench failed: {}", said.trim());
        }
        Ok(said)
    }

    fn psql(&self, database: &str, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(self.program("psql")?);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// Returns the path of a program of the server's version.
    fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.programs.join(name);
        if !path.is_file() {
            bail!(
                "{name} is not in {}, beside postgres: install it (Debian: the package postgresql, Fedora: postgresql and \
                 postgresql-contrib)",
                self.programs.display()
            );
        }
        Ok(path)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.server.take());
        // The end of its input lets the script remove the folder. A second removal finds nothing.
        drop(self.janitor.stdin.take());
        let _ = self.janitor.wait();
    }
}

/// Returns the process id of the server.
fn number_of_running(data_dir: &Path) -> anyhow::Result<u32> {
    let pid = fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid"))?;
    pid.lines().next().unwrap_or_default().trim().parse().context("postmaster.pid has no number")
}
