//! Errors. Each is one line that says what failed, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Oldest supported major version. `initdb` of older versions lacks options that are needed.
pub(crate) const OLDEST: u32 = 14;

pub(crate) type Result<T> = std::result::Result<T, EmbeddedPostgresError>;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    /// The name cannot be used for a database and its roles.
    #[error(
        "{0:?} cannot name the database and its roles: use 1 to 57 of the characters a-z, 0-9 and _, not starting with a \
         digit or pg_, and no reserved name"
    )]
    InvalidName(String),
    /// No binaries were found.
    #[error("no PostgreSQL server is installed: install one (Debian, Ubuntu: `apt-get install postgresql`)")]
    NotInstalled,
    /// The configured folder has no server.
    #[error("{} does not contain the programs `postgres` and `initdb`", .0.display())]
    NotAServerFolder(PathBuf),
    /// A command that creates no database found none.
    #[error("no database in {}", .0.display())]
    NoDatabase(PathBuf),
    /// The version that created the data is not installed.
    #[error(
        "PostgreSQL {created_by} created the data in {}, but PostgreSQL {installed} is installed: install version \
         {created_by} beside it, and start again", .cluster.display()
    )]
    OtherVersion {
        /// The folder of the data.
        cluster: PathBuf,
        /// The major version that created them.
        created_by: String,
        /// The installed major versions.
        installed: String,
    },
    /// The installed version is not supported.
    #[error("PostgreSQL {version} in {} is too old: install {OLDEST} or later", .folder.display())]
    TooOld {
        /// The folder of the binaries.
        folder: PathBuf,
        /// Their major version.
        version: String,
    },
    /// libpq or the server's own files would read the path as two.
    #[error("the path of the data directory {} has a comma or a control character: choose another path", .0.display())]
    UnusablePath(PathBuf),
    /// The path of the socket exceeds the kernel's limit.
    #[error(
        "the path of the data directory {} is too long by {excess} bytes: the path of the database's socket may have \
         {limit} bytes", .data_dir.display()
    )]
    PathTooLong {
        /// The data directory.
        data_dir: PathBuf,
        /// Number of bytes above the limit.
        excess: usize,
        /// Maximum length of the socket's path, in bytes.
        limit: usize,
    },
    /// A link could make root write the server's files anywhere.
    #[error(
        "{} is a symbolic link, which is not followed: replace it with a folder. To keep the data elsewhere, mount that \
         place here, or use it as the data directory (which may be a link)", .0.display()
    )]
    Linked(PathBuf),
    /// An ordinary user cannot use the folder of another user.
    #[error("{} belongs to user {owner}: run this as that user, or choose another data directory", .folder.display())]
    OthersFolder {
        /// The folder.
        folder: PathBuf,
        /// Its owner's name, or number.
        owner: String,
    },
    /// The user who runs the server cannot reach its data or its programs.
    #[error(
        "user {user}, who runs the database, cannot enter the folder {}: allow it \
         (`chmod o+x {}`), or choose another place", .folder.display(), .folder.display()
    )]
    ClosedFolder {
        /// The outermost closed folder.
        folder: PathBuf,
        /// The user who runs the server.
        user: String,
    },
    /// Postgres refuses to run as root.
    #[error(
        "the database cannot run as root, and there is no user `postgres`: create one \
         (`useradd --system postgres`), or give the data directory to another user"
    )]
    NoServerUser,
    /// The access rules of Postgres need the name of the user.
    #[error("user id {0} has no name on this system, and the database needs one: add it to /etc/passwd")]
    NamelessUser(u32),
    /// Another process serves on this data directory.
    #[error("another service ({holder}) is running on {}", .data_dir.display())]
    AlreadyServing {
        /// The other process, as text.
        holder: String,
        /// The data directory.
        data_dir: PathBuf,
    },
    /// Another process uses the data directory, and its server did not become available.
    #[error(
        "the database in {} is in use by another command ({holder}) and did not become available in {seconds} seconds: \
         try again when that has ended", .data_dir.display()
    )]
    Busy {
        /// The data directory.
        data_dir: PathBuf,
        /// The other process, as text.
        holder: String,
        /// Waiting time in seconds.
        seconds: u64,
    },
    /// A program could not be started.
    #[error("cannot run {} as user {user}: {reason}", .program.display())]
    NotRunnable {
        /// The program.
        program: PathBuf,
        /// The user who was to run it.
        user: String,
        /// The system's error.
        reason: io::Error,
    },
    /// The data could not be created.
    #[error("cannot create the database in {}: {message}", .cluster.display())]
    NotCreated {
        /// The folder of the data.
        cluster: PathBuf,
        /// The error message of `initdb` or `postgres`.
        message: String,
    },
    /// The roles could not be created in an existing cluster.
    #[error("cannot add roles to the database in {}: {message}", .cluster.display())]
    NotConverted {
        /// The folder of the data.
        cluster: PathBuf,
        /// The error message of `postgres`.
        message: String,
    },
    /// The server ended early, or did not become ready.
    #[error("the database server did not start: {message} (see {})", .log.display())]
    NotStarted {
        /// The server's error message.
        message: String,
        /// The server's log.
        log: PathBuf,
    },
    /// The server did not stop in time, and was killed.
    #[error("the database server did not stop in time and was killed; no committed data are lost (see {})", .log.display())]
    Killed {
        /// The server's log.
        log: PathBuf,
    },
    /// An [`Interrupt`](sihha_interrupt::Interrupt) ended the start.
    #[error("the start was interrupted")]
    Interrupted,
    /// The supervisor's thread panicked.
    #[error("the database's supervisor ended unexpectedly")]
    SupervisorGone,
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {reason}", .path.display())]
    File {
        /// The failed action, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        reason: io::Error,
    },
}

impl EmbeddedPostgresError {
    /// Returns a function for `map_err` on an action that uses `path`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::File { action, path: path.to_owned(), reason }
    }
}
