//! The paths in the data directory, and their owners.
//!
//! If root starts the server, the folder `postgres` belongs to root, and only `cluster` and `run`
//! to the user who runs the server. So root writes no file in a folder where another user could put
//! a link in its place.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use tempfile::NamedTempFile;

use crate::account::{Account, Owner};
use crate::{EmbeddedPostgresError, Result};

/// Prefix of the names of files and folders that are not in place yet. The next owner removes what
/// a killed process left.
pub(crate) const UNFINISHED: &str = "unfinished-";

/// Without TCP it is only part of the socket's name, but libpq and Postgres must use the same.
pub(crate) const PORT: u16 = 5432;

/// Size of `sun_path` in `sockaddr_un`, without the final NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// Mode of a folder that leads to one of the user who runs the server: others can enter it, but not
/// list it.
const PASSAGE: u32 = 0o711;
const PRIVATE: u32 = 0o700;

/// The paths of one data directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) data_dir: PathBuf,
    /// `<data-dir>/postgres`.
    pub(crate) home: PathBuf,
    /// Owner of what root creates here. `None` for an ordinary user, who cannot change owners.
    owner: Option<Owner>,
}

impl Layout {
    /// Creates the outer folders if they are missing. Returns an error for a path that cannot be
    /// used.
    pub(crate) fn prepare(data_dir: &Path) -> Result<Self> {
        make_data_dir(data_dir).map_err(EmbeddedPostgresError::file("create", data_dir))?;
        let data_dir =
            fs::canonicalize(data_dir).map_err(EmbeddedPostgresError::file("resolve", data_dir))?;
        let metadata = fs::metadata(&data_dir).map_err(EmbeddedPostgresError::file("read", &data_dir))?;
        let owner = geteuid().is_root().then(|| Owner { uid: metadata.uid(), gid: metadata.gid() });
        let layout = Self { home: data_dir.join("postgres"), data_dir, owner };

        layout.check_path()?;
        let mode = if owner.is_some_and(|owner| owner.uid == 0) { PASSAGE } else { PRIVATE };
        layout.check_owner()?;
        make_folder(&layout.home, mode, owner).map_err(creation_error(&layout.home))?;
        Ok(layout)
    }

    /// Does the same for an existing folder. Creates nothing.
    pub(crate) fn find(data_dir: &Path) -> Result<Self> {
        match fs::symlink_metadata(data_dir.join("postgres")) {
            Ok(_) => Self::prepare(data_dir),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(EmbeddedPostgresError::NoDatabase(data_dir.to_owned()))
            }
            Err(error) => Err(EmbeddedPostgresError::file("read", data_dir)(error)),
        }
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.home.join("run")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.run().join(format!(".s.PGSQL.{PORT}"))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.home.join("postgres.log")
    }

    /// Opens a private file in `postgres/`, and creates it if it is missing. Does not follow a
    /// link.
    pub(crate) fn open_private(&self, path: &Path, options: &mut OpenOptions) -> io::Result<File> {
        let file = options.create(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
        if let Some(owner) = self.owner {
            fchown(&file, Some(owner.uid), Some(owner.gid))?;
        }
        Ok(file)
    }

    /// Creates a file that a rename then puts in place, which replaces a link instead of following
    /// it.
    pub(crate) fn new_file(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.home)
    }

    /// Returns the major version that created the cluster, or `None` before the first start.
    pub(crate) fn cluster_version(&self) -> Result<Option<String>> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedPostgresError::file("read", &path)(error)),
        }
    }

    /// Creates the folder of the socket, for the user who runs the server.
    pub(crate) fn make_run(&self, account: &Account) -> Result<()> {
        let run = self.run();
        make_folder(&run, PRIVATE, account.owner_of_new_files()).map_err(creation_error(&run))
    }

    /// Returns a libpq URL. Any path fits in it, because each byte can be percent-encoded.
    pub(crate) fn database_url(&self, database: &str, role: &str) -> String {
        let run = percent_encode(self.run().as_os_str().as_bytes());
        // libpq takes no value from the environment (`PGPORT`, `PGHOSTADDR`, …) that the URL has,
        // even an empty one.
        let own = "hostaddr=&sslmode=disable&gssencmode=disable&target_session_attrs=any&options=";
        format!("postgres://{role}@{run}:{PORT}/{database}?{own}")
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

    fn check_owner(&self) -> Result<()> {
        match fs::symlink_metadata(&self.home) {
            Ok(home) if self.owner.is_none() && home.uid() != geteuid().as_raw() => {
                let owner = Account::name_of(home.uid());
                Err(EmbeddedPostgresError::OthersFolder { folder: self.home.clone(), owner })
            }
            // Before the first start there is none.
            _ => Ok(()),
        }
    }
}

/// Creates the data directory if it is missing. The mode of an existing one does not change: it was
/// chosen.
fn make_data_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    let mode = if geteuid().is_root() { PASSAGE } else { PRIVATE };
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Returns a function for `map_err` on the creation of a folder. Its error says if there is a link
/// in the folder's place.
pub(crate) fn creation_error(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedPostgresError {
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

/// Creates the folder if it is missing. Sets its mode and owner. Returns an error for a link.
pub(crate) fn make_folder(path: &Path, mode: u32, owner: Option<Owner>) -> io::Result<()> {
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
            // Writing to a `String` cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
