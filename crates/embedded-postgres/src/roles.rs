//! The roles in the database, and the rights of each.
//!
//! A new cluster gets them when it is created. A cluster of another origin, whose service may still
//! be its superuser, gets them at the next start, before the server runs. That is one transaction,
//! so a kill changes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binaries::Binaries;
use crate::launcher::Launcher;
use crate::layout::Layout;
use crate::log_file;
use crate::{EmbeddedPostgresError, Result, Settings};

/// The role that administers the server.
pub(crate) const SUPERUSER: &str = "postgres";

/// Maximum length of a name in Postgres is 63 bytes. The longest suffix takes 6 of them.
const MAX_NAME_LENGTH: usize = 57;

const ROLES: &str = include_str!("roles.sql");

/// Names in the database. All are plain identifiers, so they mean the same in SQL, in a URL and in
/// the server's files.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) database: String,
    /// The role that owns the database and its tables.
    pub(crate) owner: String,
    /// The role that serves.
    pub(crate) service: String,
}

impl Names {
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let name = &settings.name;
        let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let is_reserved = name.starts_with("pg_")
            || [SUPERUSER, "template0", "template1", "public", "none"].contains(&name.as_str());
        if !is_plain || is_reserved || name.len() > MAX_NAME_LENGTH {
            return Err(EmbeddedPostgresError::InvalidName(name.clone()));
        }
        Ok(Self { database: name.clone(), owner: format!("{name}_owner"), service: name.clone() })
    }

    /// Returns the roles that may connect.
    pub(crate) fn roles(&self) -> [&str; 3] {
        [SUPERUSER, &self.owner, &self.service]
    }

    /// Returns the path of the file that the server writes when the roles exist. It is in the
    /// cluster, so that a copy of the cluster includes it.
    pub(crate) fn mark(&self, cluster: &Path) -> PathBuf {
        cluster.join(format!("{}_roles", self.service))
    }
}

/// Creates the roles and the database in a new cluster. Returns the server's error message, if any.
pub(crate) fn create(
    names: &Names,
    launcher: &Launcher,
    binaries: &Binaries,
    cluster: &Path,
) -> Result<Option<String>> {
    let Names { database, owner, .. } = names;
    let create_database = format!("CREATE DATABASE \"{database}\" OWNER \"{owner}\";\n\n");
    let input = [ROLES, &create_database, WRITE_MARK].concat();
    let mut server = single_user_server(names, launcher, binaries, cluster);
    // Without fsync: the caller writes all to disk before the cluster is put in place.
    run(launcher, server.args(["-F", "template1"]), &input)
}

/// Creates the roles in a cluster that has no mark. The server is not running.
pub(crate) fn convert(
    layout: &Layout,
    names: &Names,
    launcher: &Launcher,
    binaries: &Binaries,
) -> Result<()> {
    let cluster = layout.cluster();
    if names.mark(&cluster).exists() {
        return Ok(());
    }
    tracing::info!(cluster = %cluster.display(), "adding roles to the database");
    let mut server = single_user_server(names, launcher, binaries, &cluster);
    match run(launcher, server.arg(&names.database), &[ROLES, WRITE_MARK].concat())? {
        None => Ok(()),
        Some(message) => Err(EmbeddedPostgresError::NotConverted { cluster, message }),
    }
}

/// Writes [`Names::mark`]. Its path is a setting, like the names in `roles.sql`.
const WRITE_MARK: &str = "DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO %L', \
    current_setting('data_directory') || '/' || current_setting('embedded_postgres.mark')); END $$;\n\n";

/// Returns the command of a server in single-user mode. It reads SQL from its standard input, and
/// executes it as superuser. An empty line ends a statement. Settings pass the names, so that no
/// SQL is made of them.
fn single_user_server(names: &Names, launcher: &Launcher, binaries: &Binaries, cluster: &Path) -> Command {
    let Names { database, owner, service } = names;
    let mark = names.mark(Path::new(""));
    let mut command = launcher.command(&binaries.postgres);
    command.args(["--single", "-j", "-D"]).arg(cluster);
    for setting in [
        "exit_on_error=on",
        "lc_messages=C",
        "log_destination=stderr",
        &format!("embedded_postgres.database={database}"),
        &format!("embedded_postgres.owner={owner}"),
        &format!("embedded_postgres.service={service}"),
        &format!("embedded_postgres.mark={}", mark.display()),
    ] {
        command.args(["-c", setting]);
    }
    command
}

/// Runs a program to its end, and returns its error message if it fails.
pub(crate) fn run(launcher: &Launcher, command: &mut Command, input: &str) -> Result<Option<String>> {
    let output = launcher.run(command, input)?;
    let reason = || log_file::reason_in(&String::from_utf8_lossy(&output.stderr));
    Ok((!output.status.success()).then(|| reason().unwrap_or_else(|| output.status.to_string())))
}
