//! What can go wrong, told in one line each: what, where, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The oldest major version that works: `initdb` of those before knows fewer options.
pub(super) const OLDEST: u32 = 14;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    /// No binaries anywhere.
    #[error(
        "no PostgreSQL server is installed: install one (Debian, Ubuntu: `apt-get install postgresql`), \
         name its folder with --postgres-bin-dir, or set DATABASE_URL"
    )]
    NotInstalled,
    /// The folder that was asked for is not one of a server.
    #[error("{} does not hold the programs `postgres` and `initdb` (--postgres-bin-dir)", .0.display())]
    NotAServerFolder(PathBuf),
    /// A command that creates no database found none.
    #[error("no database in {}; is this the folder that serve uses? (--data-dir)", .0.display())]
    NoDatabase(PathBuf),
    /// The data were made by a version that is not installed.
    #[error(
        "the data in {} are of PostgreSQL {made_by}, but PostgreSQL {installed} is installed: install version \
         {made_by} beside it, and start again; docs/operations.md tells how to move the data by a dump", .cluster.display()
    )]
    OtherVersion {
        /// The folder of the data.
        cluster: PathBuf,
        /// Their major version.
        made_by: String,
        /// The major versions that were found.
        installed: String,
    },
    /// The binaries are of a version that lacks what is needed.
    #[error(
        "PostgreSQL {version} in {} is too old: install {OLDEST} or later, or name its folder with --postgres-bin-dir",
        .folder.display()
    )]
    TooOld {
        /// The folder of the binaries.
        folder: PathBuf,
        /// Their major version.
        version: String,
    },
    /// libpq splits such a path in two, or the server's own files do.
    #[error("the data directory {} has a comma or a control character in its path: choose another", .0.display())]
    UnusablePath(PathBuf),
    /// The kernel's limit for the path of a socket.
    #[error(
        "the path of the data directory {} is too long by {excess} bytes: the database's socket would be beyond \
         the {limit} bytes that the system allows", .data_dir.display()
    )]
    PathTooLong {
        /// The data directory.
        data_dir: PathBuf,
        /// By how much.
        excess: usize,
        /// What the system allows for the socket.
        limit: usize,
    },
    /// Files of the server's user could come to lie anywhere.
    #[error(
        "{} is a symbolic link, and is not followed: put a folder in its place; to keep the data elsewhere, let --data-dir name \
         that place (it may be a link) or mount it here", .0.display()
    )]
    Linked(PathBuf),
    /// An ordinary user cannot use what another one made.
    #[error("{} belongs to user {owner}: run this as that user, or choose another data directory", .folder.display())]
    OthersFolder {
        /// The folder.
        folder: PathBuf,
        /// Its owner's name, or number.
        owner: String,
    },
    /// The server's user cannot reach its own folder, or the programs.
    #[error(
        "user {user}, who runs the database, cannot enter the folder {}: allow it \
         (`chmod o+x {}`), or choose another place", .folder.display(), .folder.display()
    )]
    ClosedFolder {
        /// The outermost folder that is closed.
        folder: PathBuf,
        /// The server's user.
        user: String,
    },
    /// Postgres refuses to run as root, and so do we.
    #[error(
        "the database cannot run as root, and there is no user `postgres`: make one \
         (`useradd --system postgres`), or give the data directory to another user"
    )]
    NoServerUser,
    /// Postgres knows its peers by name.
    #[error("user id {0} has no name on this system, and the database needs one: add it to /etc/passwd")]
    NamelessUser(u32),
    /// Only one `serve` at a time.
    #[error("another `sihha serve` ({holder}) is running on {}", .data_dir.display())]
    AlreadyServing {
        /// Its process, as text.
        holder: String,
        /// The directory of both.
        data_dir: PathBuf,
    },
    /// Another process holds the database and it did not become usable.
    #[error(
        "the database in {} is in use by another sihha ({holder}) and did not become available in {seconds} \
         seconds: try again when that has finished", .data_dir.display()
    )]
    Busy {
        /// The data directory.
        data_dir: PathBuf,
        /// Its process, as text.
        holder: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A program could not be run at all.
    #[error("cannot run {} as user {user}: {reason}", .program.display())]
    NotRunnable {
        /// The program.
        program: PathBuf,
        /// The user that it was to run as.
        user: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The data could not be made.
    #[error("cannot create the database in {}: {message}", .cluster.display())]
    NotCreated {
        /// The folder of the data.
        cluster: PathBuf,
        /// What `initdb` or `postgres` says.
        message: String,
    },
    /// The data of an earlier release could not be given their roles.
    #[error("cannot give the database in {} its roles: {message}", .cluster.display())]
    NotConverted {
        /// The folder of the data.
        cluster: PathBuf,
        /// What `postgres` says.
        message: String,
    },
    /// The server ended, or did not become ready.
    #[error("the database server did not start: {message} (see {})", .log.display())]
    NotStarted {
        /// The server's last words.
        message: String,
        /// Where there are more.
        log: PathBuf,
    },
    /// The server did not stop when told to, and was killed.
    #[error("the database server did not stop in time and was killed; nothing committed is lost (see {})", .log.display())]
    Killed {
        /// Where the server tells more.
        log: PathBuf,
    },
    /// Told so by [`Interrupt`](crate::interrupt::Interrupt).
    #[error("the start was given up")]
    Interrupted,
    /// The supervisor's thread is gone, which only a defect of ours can cause.
    #[error("the database's supervisor ended unexpectedly")]
    SupervisorGone,
    /// A file or folder could not be used.
    #[error("cannot {action} {}: {reason}", .path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

impl EmbeddedPostgresError {
    /// For `map_err`, on whatever touches `path`.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::File { action, path: path.to_owned(), reason }
    }
}
