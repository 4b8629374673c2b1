//! Whether other users of the machine can change or replace a file or a folder.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};

/// Why a secret cannot be kept at a path: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum UntrustedPathError {
    /// A part of the path cannot be read.
    #[error("cannot read the owner and mode of {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// Another user owns a part of the path.
    #[error(
        "{part} belongs to {owner}, who can replace what {path} contains; run `chown {user} {part}`, or use another path"
    )]
    Owner {
        /// The path of the secret.
        path: PathBuf,
        /// The part of the path.
        part: PathBuf,
        /// The part's owner.
        owner: String,
        /// The user of this process.
        user: String,
    },
    /// Other users can write to a part of the path.
    #[error(
        "other users can write to {part} (mode {mode:04o}) and so replace what {path} contains; run `chmod go-w {part}`"
    )]
    Writable {
        /// The path of the secret.
        path: PathBuf,
        /// The part of the path.
        part: PathBuf,
        /// The part's mode.
        mode: u32,
    },
}

/// Checks that only root and this user can change the file or the folder at `path`, or replace it.
///
/// The check includes all folders above it, and all links. In a sticky folder such as `/tmp`, users
/// can replace only their own files.
///
/// # Errors
///
/// If another user can, or the path cannot be read.
pub fn check_trusted(path: &Path) -> Result<(), UntrustedPathError> {
    check(path, None)
}

/// Checks a folder of data as [`check_trusted`] does. For root, the folder's owner may be an
/// ordinary user, whose files root then reads and writes.
///
/// # Errors
///
/// As [`check_trusted`].
pub fn check_data_folder(folder: &Path) -> Result<(), UntrustedPathError> {
    check(folder, owner_for_root(folder))
}

/// Checks a file in a folder of data, as [`check_data_folder`] checks the folder.
///
/// # Errors
///
/// As [`check_trusted`].
pub fn check_data_file(folder: &Path, file: &Path) -> Result<(), UntrustedPathError> {
    check(file, owner_for_root(folder))
}

fn owner_for_root(folder: &Path) -> Option<u32> {
    fs::metadata(folder).ok().filter(|_| geteuid().is_root()).map(|found| found.uid())
}

fn check(path: &Path, other: Option<u32>) -> Result<(), UntrustedPathError> {
    let unreadable = |part: &Path| {
        let part = part.to_owned();
        |error| UntrustedPathError::Unreadable(part, error)
    };
    let given = std::path::absolute(path).map_err(unreadable(path))?;
    let real = fs::canonicalize(path).map_err(unreadable(path))?;
    // From the root, so that the error names the outermost part.
    let mut parts: Vec<&Path> = given.ancestors().chain(real.ancestors()).collect();
    parts.sort_by_key(|part| part.as_os_str().len());
    for part in parts {
        let link = fs::symlink_metadata(part).map_err(unreadable(part))?;
        let found = fs::metadata(part).map_err(unreadable(part))?;
        let is_trusted = |uid: u32| uid == 0 || uid == geteuid().as_raw() || other == Some(uid);
        if let Some(uid) = [link.uid(), found.uid()].into_iter().find(|uid| !is_trusted(*uid)) {
            return Err(UntrustedPathError::Owner {
                path: path.to_owned(),
                part: part.to_owned(),
                owner: name_of(Uid::from_raw(uid)),
                user: name_of(geteuid()),
            });
        }
        let is_sticky = found.is_dir() && found.mode() & 0o1000 != 0;
        if found.mode() & 0o022 != 0 && !is_sticky {
            let mode = found.mode() & 0o7777;
            return Err(UntrustedPathError::Writable { path: path.to_owned(), part: part.to_owned(), mode });
        }
    }
    Ok(())
}

/// Returns the name of a user, or the number if the user has no name.
fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
