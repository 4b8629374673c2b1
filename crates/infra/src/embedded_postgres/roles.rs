//! The roles in the database, and what each may do.
//!
//! A cluster gets them when it is made. The first releases had one role, the superuser `sihha`, which `initdb` had made; their
//! clusters are converted at the next start, before the server runs. It is one transaction, so a kill in the middle changes nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::binaries::Binaries;
use super::launcher::Launcher;
use super::layout::{DATABASE, Layout};
use super::log_file;
use super::{EmbeddedPostgresError, Result};

/// A role in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Administers the server.
    Superuser,
    /// Owns the database and its tables, and migrates them.
    Owner,
    /// Reads and writes rows: the service, and the commands of its staff.
    Service,
}

impl Role {
    pub(super) const ALL: [Self; 3] = [Self::Superuser, Self::Owner, Self::Service];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Superuser => "postgres",
            Self::Owner => "sihha_owner",
            Self::Service => "sihha",
        }
    }
}

/// A file in the cluster, which the server writes when the roles are there. In the cluster, so that it goes where that goes.
const MARK: &str = "sihha_roles";

const ROLES: &str = include_str!("roles.sql");

pub(super) fn mark(cluster: &Path) -> PathBuf {
    cluster.join(MARK)
}

/// Makes the roles and the database in a new cluster, and returns what the server complains of.
pub(super) fn create(launcher: &Launcher, binaries: &Binaries, cluster: &Path) -> Result<Option<String>> {
    let owner = Role::Owner.name();
    let input = format!("{ROLES}\nCREATE DATABASE {DATABASE} OWNER {owner};\n\n{}", write_mark());
    let mut server = single_user_server(launcher, binaries, cluster);
    // Without fsync: the caller writes all to disk before the cluster is put in place.
    run(launcher, server.args(["-F", "template1"]), &input)
}

/// Converts a cluster of a release that had one role. The server does not run.
pub(super) fn convert(layout: &Layout, launcher: &Launcher, binaries: &Binaries) -> Result<()> {
    let cluster = layout.cluster();
    if mark(&cluster).exists() {
        return Ok(());
    }
    tracing::info!(cluster = %cluster.display(), "giving the database its roles");
    let mut server = single_user_server(launcher, binaries, &cluster);
    match run(launcher, server.arg(DATABASE), &format!("{ROLES}\n{}", write_mark()))? {
        None => Ok(()),
        Some(message) => Err(EmbeddedPostgresError::NotConverted { cluster, message }),
    }
}

/// A server that has no users: its input is SQL, which it executes as the superuser. A statement ends with an empty line.
fn single_user_server(launcher: &Launcher, binaries: &Binaries, cluster: &Path) -> Command {
    let mut command = launcher.command(&binaries.postgres);
    command.args(["--single", "-j", "-D"]).arg(cluster);
    for setting in ["exit_on_error=on", "lc_messages=C", "log_destination=stderr"] {
        command.args(["-c", setting]);
    }
    command
}

fn write_mark() -> String {
    format!(
        "DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO %L', current_setting('data_directory') || '/{MARK}'); END $$;\n\n"
    )
}

/// Runs a program to its end, and returns its complaint if it fails.
pub(super) fn run(launcher: &Launcher, command: &mut Command, input: &str) -> Result<Option<String>> {
    let output = launcher.run(command, input)?;
    let said = || log_file::reason_in(&String::from_utf8_lossy(&output.stderr));
    Ok((!output.status.success()).then(|| said().unwrap_or_else(|| output.status.to_string())))
}
