//! Finds the programs of Postgres on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::OLDEST;
use super::launcher::Launcher;
use super::layout::Layout;
use super::{EmbeddedPostgresError, Result, Settings, cluster};

/// The two programs that are needed.
#[derive(Debug)]
pub(super) struct Binaries {
    pub(super) postgres: PathBuf,
    pub(super) initdb: PathBuf,
}

impl Binaries {
    /// The folder that was asked for, or the newest one; the data that are there already must be of its version.
    pub(super) fn find(settings: &Settings, layout: &Layout, launcher: &Launcher) -> Result<Self> {
        let folders = match &settings.bin_dir {
            Some(folder) => vec![asked_for(folder)?],
            None => installed(),
        };
        let made_by = cluster::version(layout)?;
        let mut versions = Vec::new();
        let mut too_old = None;
        for folder in &folders {
            let version = version(folder, launcher)?;
            let fits = made_by.as_ref().is_none_or(|made_by| *made_by == version);
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
        let made_by = made_by.ok_or(EmbeddedPostgresError::NotInstalled)?;
        if versions.is_empty() {
            return Err(EmbeddedPostgresError::NotInstalled);
        }
        versions.dedup();
        Err(EmbeddedPostgresError::OtherVersion {
            cluster: layout.cluster(),
            made_by,
            installed: versions.join(", "),
        })
    }

    fn of(folder: &Path) -> Self {
        Self { postgres: folder.join("postgres"), initdb: folder.join("initdb") }
    }
}

fn asked_for(folder: &Path) -> Result<PathBuf> {
    fs::canonicalize(folder)
        .ok()
        .filter(|folder| is_server_folder(folder))
        .ok_or_else(|| EmbeddedPostgresError::NotAServerFolder(folder.to_owned()))
}

/// All folders with a server, the newest of Debian's first, then other distributions', then those of `PATH`.
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

/// `<parent>/<prefix><version>/<sub>`, the newest version first.
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

/// `9.6` → 9 and 6, so that 10 is newer.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|number| number.parse().ok()).collect()
}

fn is_server_folder(folder: &Path) -> bool {
    folder.join("postgres").is_file() && folder.join("initdb").is_file()
}

/// The major version, as `PG_VERSION` has it: `postgres (PostgreSQL) 15.18 (Debian …)` → `15`.
fn version(folder: &Path, launcher: &Launcher) -> Result<String> {
    let mut command = launcher.command(&folder.join("postgres"));
    let output = launcher.run(command.arg("--version"), "")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().nth(2).unwrap_or_default();
    Ok(version.chars().take_while(char::is_ascii_digit).collect())
}
