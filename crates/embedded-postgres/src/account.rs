//! The system user who runs the server. Never root, because Postgres refuses to run as root.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist};

use crate::{EmbeddedPostgresError, Result};

/// User and group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The user who runs the server's programs.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// The user to switch to before a program starts. `None` if this process already runs as that
    /// user.
    pub(crate) switch: Option<Identity>,
}

/// User and groups of a process, as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
    pub(crate) groups: Vec<Gid>,
}

impl Account {
    /// Returns the user who runs the server. An ordinary user runs it as itself. Root runs it as
    /// the owner of the cluster or the data directory, else as the user that the packages of
    /// Postgres create.
    pub(crate) fn of_server(cluster: &Path, data_dir: &Path) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { name: user_of(geteuid())?.name, switch: None });
        }
        let owner = [cluster, data_dir].into_iter().find_map(ordinary_owner);
        let user = match owner {
            Some(uid) => user_of(uid)?,
            None => User::from_name("postgres").ok().flatten().ok_or(EmbeddedPostgresError::NoServerUser)?,
        };
        let groups =
            CString::new(user.name.as_str()).ok().and_then(|name| getgrouplist(&name, user.gid).ok());
        let identity =
            Identity { uid: user.uid, gid: user.gid, groups: groups.unwrap_or_else(|| vec![user.gid]) };
        Ok(Self { name: user.name, switch: Some(identity) })
    }

    /// Returns the name of a user, or the number if the user has no name.
    pub(crate) fn name_of(uid: u32) -> String {
        user_of(Uid::from_raw(uid)).map_or_else(|_| uid.to_string(), |user| user.name)
    }

    /// Returns the owner that new files of the server must get.
    pub(crate) fn owner_of_new_files(&self) -> Option<Owner> {
        self.switch.as_ref().map(|user| Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
    }

    /// Returns the outermost folder of `path` that this user cannot enter, according to the mode
    /// bits.
    pub(crate) fn closed_folder(&self, path: &Path) -> Option<PathBuf> {
        let folders: Vec<&Path> = path.ancestors().collect();
        folders
            .into_iter()
            .rev()
            .find(|folder| folder.is_dir() && !self.can_enter(folder))
            .map(Path::to_owned)
    }

    fn can_enter(&self, folder: &Path) -> bool {
        let (Some(user), Ok(folder)) = (&self.switch, fs::metadata(folder)) else { return true };
        let bit = if folder.uid() == user.uid.as_raw() {
            0o100
        } else if user.groups.contains(&Gid::from_raw(folder.gid())) {
            0o010
        } else {
            0o001
        };
        folder.mode() & bit != 0
    }
}

fn user_of(uid: Uid) -> Result<User> {
    User::from_uid(uid).ok().flatten().ok_or(EmbeddedPostgresError::NamelessUser(uid.as_raw()))
}

/// Returns the owner of `path`, unless that is root.
fn ordinary_owner(path: &Path) -> Option<Uid> {
    let uid = Uid::from_raw(fs::metadata(path).ok()?.uid());
    (!uid.is_root()).then_some(uid)
}
