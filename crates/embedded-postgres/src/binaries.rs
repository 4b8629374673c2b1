//! Finds the installed programs of Postgres.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::OLDEST;
use crate::launcher::Launcher;
use crate::layout::Layout;
use crate::{EmbeddedPostgresError, Result, Settings};

/// The two programs that this crate runs.
#[derive(Debug)]
pub(crate) struct Binaries {
    pub(crate) postgres: PathBuf,
    pub(crate) initdb: PathBuf,
}

impl Binaries {
    /// Returns the programs of the configured folder, or the newest installed ones. Existing data
    /// restrict them to the version that created the data.
    pub(crate) fn find(settings: &Settings, layout: &Layout, launcher: &Launcher) -> Result<Self> {
        let folders = match &settings.bin_dir {
            Some(folder) => vec![configured(folder)?],
            None => installed(),
        };
        let created_by = layout.cluster_version()?;
        let mut versions = Vec::new();
        let mut too_old = None;
        for folder in &folders {
            let version = version(folder, launcher)?;
            let fits = created_by.as_ref().is_none_or(|created_by| *created_by == version);
            let is_new_enough = version.parse::<u32>().is_ok_and(|version| version >= OLDEST);
            match (fits, is_new_enough) {
                (true, true) => return Ok(Self::of(folder)),
                (true, false) => too_old = too_old.or(Some((folder.clone(), version))),
                (false, _) => versions.push(version),
            }
        }
        if let Some((folder, version)) = too_old {
            return Err(EmbeddedPostgresError::TooOld { folder, version });
        }
        let created_by = created_by.ok_or(EmbeddedPostgresError::NotInstalled)?;
        if versions.is_empty() {
            return Err(EmbeddedPostgresError::NotInstalled);
        }
        versions.dedup();
        Err(EmbeddedPostgresError::OtherVersion {
            cluster: layout.cluster(),
            created_by,
            installed: versions.join(", "),
        })
    }

    fn of(folder: &Path) -> Self {
        Self { postgres: folder.join("postgres"), initdb: folder.join("initdb") }
    }
}

fn configured(folder: &Path) -> Result<PathBuf> {
    fs::canonicalize(folder)
        .ok()
        .filter(|folder| is_server_folder(folder))
        .ok_or_else(|| EmbeddedPostgresError::NotAServerFolder(folder.to_owned()))
}

/// Returns all folders with a server: first Debian's, newest first, then those of other
/// distributions and of `PATH`.
fn installed() -> Vec<PathBuf> {
    let mut folders = versioned("/usr/lib/postgresql", "", "bin");
    folders.extend(versioned("/usr", "pgsql-", "bin"));
    folders.extend(versioned("/usr/libexec", "postgresql", ""));
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    folders.extend(env::split_paths(&path).filter(|folder| folder.is_absolute()));
    folders.retain(|folder| is_server_folder(folder));
    folders
}

/// Returns the folders `<parent>/<prefix><version>/<sub>`, newest version first.
fn versioned(parent: &str, prefix: &str, sub: &str) -> Vec<PathBuf> {
    let mut found: Vec<(Vec<u32>, PathBuf)> = Vec::new();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let version = name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(numbers);
        if let Some(version) = version {
            found.push((version, entry.path().join(sub)));
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// Parses a version into numbers, so that 10 is newer than 9.6.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|number| number.parse().ok()).collect()
}

fn is_server_folder(folder: &Path) -> bool {
    folder.join("postgres").is_file() && folder.join("initdb").is_file()
}

/// Returns the major version as in `PG_VERSION`: `15` for `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(folder: &Path, launcher: &Launcher) -> Result<String> {
    let mut command = launcher.command(&folder.join("postgres"));
    let output = launcher.run(command.arg("--version"), "")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    Ok(version.chars().take_while(char::is_ascii_digit).collect())
}
