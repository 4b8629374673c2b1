//! Where everything lies, and whose it is.
//!
//! Started as root, the folder `postgres` stays root's and only `cluster` and `run` are the server's user's: root
//! writes no file in a folder where another user could have put a link in its place.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use tempfile::NamedTempFile;

use super::account::Account;
use super::roles::Role;
use super::{EmbeddedPostgresError, Result};

/// The database.
pub(super) const DATABASE: &str = "sihha";

/// How names of what is not in place yet begin. Whatever a kill leaves of it, the next owner removes.
pub(super) const UNFINISHED: &str = "unfinished-";

/// With no TCP it only names the socket, but libpq and Postgres must agree on it.
pub(super) const PORT: u16 = 5432;

/// `sun_path` of `sockaddr_un` without its final NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// Entered by others, read by nobody else: the way to a folder of the server's user.
const PASSAGE: u32 = 0o711;
const PRIVATE: u32 = 0o700;

/// User and group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The paths of one data directory.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) data_dir: PathBuf,
    /// `<data-dir>/postgres`.
    pub(super) home: PathBuf,
    /// Who shall own what root makes here. `None` for an ordinary user, who cannot give anything away.
    owner: Option<Owner>,
}

impl Layout {
    /// Makes the outer folders if they are missing, and refuses paths that could not work.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self> {
        make_data_dir(data_dir).map_err(EmbeddedPostgresError::file("create", data_dir))?;
        let data_dir =
            fs::canonicalize(data_dir).map_err(EmbeddedPostgresError::file("resolve", data_dir))?;
        let metadata = fs::metadata(&data_dir).map_err(EmbeddedPostgresError::file("look at", &data_dir))?;
        let owner = geteuid().is_root().then(|| Owner { uid: metadata.uid(), gid: metadata.gid() });
        let layout = Self { home: data_dir.join("postgres"), data_dir, owner };

        layout.check_path()?;
        let mode = if owner.is_some_and(|owner| owner.uid == 0) { PASSAGE } else { PRIVATE };
        layout.refuse_others_folder()?;
        make_folder(&layout.home, mode, owner).map_err(not_made(&layout.home))?;
        Ok(layout)
    }

    /// The same for a folder that must be there: creates nothing.
    pub(super) fn find(data_dir: &Path) -> Result<Self> {
        match fs::symlink_metadata(data_dir.join("postgres")) {
            Ok(_) => Self::prepare(data_dir),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(EmbeddedPostgresError::NoDatabase(data_dir.to_owned()))
            }
            Err(error) => Err(EmbeddedPostgresError::file("look at", data_dir)(error)),
        }
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.home.join("run")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.run().join(format!(".s.PGSQL.{PORT}"))
    }

    pub(super) fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    /// Opens a file of the service's own in `postgres/`, private, and never through a link.
    pub(super) fn open_private(&self, path: &Path, options: &mut OpenOptions) -> io::Result<File> {
        let file = options.create(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
        if let Some(owner) = self.owner {
            fchown(&file, Some(owner.uid), Some(owner.gid))?;
        }
        Ok(file)
    }

    /// A file to be put in place with a rename: what was there is replaced, and a link not followed.
    pub(super) fn new_file(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.home)
    }

    /// The folder of the socket, in the hands of the server's user.
    pub(super) fn make_run(&self, account: &Account) -> Result<()> {
        let run = self.run();
        make_folder(&run, PRIVATE, account.owner_of_new_files()).map_err(not_made(&run))
    }

    /// A URL takes any path, because every byte of it can be percent-encoded. The port is in it so that `PGPORT` has
    /// no say.
    pub(super) fn database_url(&self, role: Role) -> String {
        let run = percent_encode(self.run().as_os_str().as_bytes());
        // What is said here, if only that it is empty, libpq does not take from the environment (PGHOSTADDR, …).
        let own = "hostaddr=&sslmode=disable&gssencmode=disable&target_session_attrs=any&options=";
        format!("postgres://{}@{run}:{PORT}/{DATABASE}?{own}", role.name())
    }

    fn check_path(&self) -> Result<()> {
        let bytes = self.data_dir.as_os_str().as_bytes();
        if bytes.iter().any(|byte| *byte == b',' || byte.is_ascii_control()) {
            return Err(EmbeddedPostgresError::UnusablePath(self.data_dir.clone()));
        }
        let length = self.socket().as_os_str().len();
        if length > LONGEST_SOCKET_PATH {
            return Err(EmbeddedPostgresError::PathTooLong {
                data_dir: self.data_dir.clone(),
                excess: length - LONGEST_SOCKET_PATH,
                limit: LONGEST_SOCKET_PATH,
            });
        }
        Ok(())
    }

    fn refuse_others_folder(&self) -> Result<()> {
        match fs::symlink_metadata(&self.home) {
            Ok(home) if self.owner.is_none() && home.uid() != geteuid().as_raw() => {
                let owner = Account::name_of(home.uid());
                Err(EmbeddedPostgresError::OthersFolder { folder: self.home.clone(), owner })
            }
            // Missing is what a first start finds.
            _ => Ok(()),
        }
    }
}

/// Only a new one gets a mode: whoever made it before had a reason for the one it has.
fn make_data_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    let mode = if geteuid().is_root() { PASSAGE } else { PRIVATE };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// For `map_err`, where a folder could not be made: a link in its place is named as such.
pub(super) fn not_made(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedPostgresError {
    let is_link = path.is_symlink();
    let path = path.to_owned();
    move |reason| {
        if is_link {
            EmbeddedPostgresError::Linked(path)
        } else {
            EmbeddedPostgresError::file("create", &path)(reason)
        }
    }
}

/// Makes sure that the folder is there, is no link, and has this mode and owner.
pub(super) fn make_folder(path: &Path, mode: u32, owner: Option<Owner>) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let folder = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    if let Some(owner) = owner {
        fchown(&folder, Some(owner.uid), Some(owner.gid))?;
    }
    folder.set_permissions(Permissions::from_mode(mode))
}

fn percent_encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
