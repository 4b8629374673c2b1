use std::path::{Path, PathBuf};

/// Where the server's data are, and how it runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program's data directory. The server uses its subfolder `postgres`.
    pub data_dir: PathBuf,
    /// Name of the database, and of the role that serves. The role that owns the database is
    /// `<name>_owner`; `postgres` is the superuser.
    ///
    /// At most 57 of the characters a–z, 0–9 and `_`, not starting with a digit or `pg_`. It must
    /// not change while the data directory exists.
    pub name: String,
    /// Folder of the programs `postgres` and `initdb`. The newest installed version if `None`.
    pub bin_dir: Option<PathBuf>,
    /// Maximum number of connections of all processes together.
    pub max_connections: u32,
    /// Whether committed data survive a crash of the machine. `false` is faster, for tests.
    pub durable: bool,
    /// Called with the path of the new data before a database is created. By default, logs that at
    /// `INFO`.
    pub before_create: fn(&Path),
}

impl Settings {
    /// Returns settings for durable data, with the newest installed Postgres and its default of 100
    /// connections.
    #[must_use]
    pub fn new(data_dir: &Path, name: &str) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            name: name.to_owned(),
            bin_dir: None,
            max_connections: 100,
            durable: true,
            before_create: |cluster| tracing::info!(cluster = %cluster.display(), "creating the database"),
        }
    }
}
