//! The system user that runs the server. Never root: Postgres refuses it, for good reasons.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist};

use super::layout::{Layout, Owner};
use super::{EmbeddedPostgresError, Result};

/// A user as `setuid` needs it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    /// Whom to become before a program is run; `None` if that is who we are.
    pub(super) switch: Option<Identity>,
}

/// What a process is allowed to do, in numbers.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    pub(super) groups: Vec<Gid>,
}

impl Account {
    /// An ordinary user runs the server as itself. Root lets the owner of what is there already run it, or else
    /// the user that Postgres's packages make.
    pub(super) fn of_server(layout: &Layout) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { name: user_of(geteuid())?.name, switch: None });
        }
        let owners = [layout.cluster(), layout.data_dir.clone()];
        let owner = owners.iter().find_map(|path| ordinary_owner(path));
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

    /// The user's name, or the number if it has none.
    pub(super) fn name_of(uid: u32) -> String {
        user_of(Uid::from_raw(uid)).map_or_else(|_| uid.to_string(), |user| user.name)
    }

    /// To whom files made for the server must be given.
    pub(super) fn owner_of_new_files(&self) -> Option<Owner> {
        self.switch.as_ref().map(|user| Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
    }

    /// The outermost folder on the way to `path` that this user cannot enter, as far as the mode bits tell.
    pub(super) fn closed_folder(&self, path: &Path) -> Option<PathBuf> {
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

fn ordinary_owner(path: &Path) -> Option<Uid> {
    let uid = Uid::from_raw(fs::metadata(path).ok()?.uid());
    (!uid.is_root()).then_some(uid)
}
