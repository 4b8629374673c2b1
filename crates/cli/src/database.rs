//! The database that the options name, or else the private Postgres.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use sihha_embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError, Settings};
use sihha_infra::postgres::{
    Database, MigrateSettings, Migrated, check_ownership, check_rights, check_schema, grant_rights, locate,
    migrate,
};
use sihha_infra::trusted_path::check_data_folder;
use sihha_interrupt::Interrupt;

use crate::config::DatabaseOptions;

/// Name of the private Postgres's database and of the role that serves.
const NAME: &str = "sihha";

/// Number of connections for commands, in addition to the service's pool.
const COMMAND_CONNECTIONS: u32 = 16;

/// Context of an error if another process runs the private Postgres and it refuses the owner of the
/// tables.
const FOREIGN_POSTGRES: &str = "another process runs the private Postgres; if that is an earlier release of sihha, restart its `serve`, which migrates";

/// An open database, with the private Postgres if there is one.
pub(crate) struct OpenDatabase {
    pub(crate) database: Database,
    /// Data directory of the private Postgres.
    pub(crate) data_dir: Option<PathBuf>,
    embedded: Option<EmbeddedPostgres>,
}

impl OpenDatabase {
    /// Opens the database for `serve`. A private Postgres is started and migrated; another database
    /// must have the right schema already.
    pub(crate) fn for_serving(
        options: &DatabaseOptions,
        pool_size: u32,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Self> {
        let start = |settings: &Settings| EmbeddedPostgres::serve_unless(settings, interrupt);
        let open = Self::open(options, pool_size, start)?;
        if open.embedded.is_some() {
            open.migrate(MigrateSettings::ALL, interrupt)?;
        }
        open.check()?;
        Ok(open)
    }

    /// Opens the database for a short command. A private Postgres that does not run is started for
    /// the command; it must exist.
    pub(crate) fn for_command(options: &DatabaseOptions) -> anyhow::Result<Self> {
        let open = Self::open(options, 0, EmbeddedPostgres::attach_or_start_existing)?;
        // No other process uses it, so a new schema breaks nothing.
        if open.embedded.as_ref().is_some_and(EmbeddedPostgres::is_owner) {
            open.migrate(MigrateSettings::ALL, &Interrupt::default())?;
        }
        open.check()?;
        Ok(open)
    }

    /// Opens the database for `migrate`, whatever its schema is.
    pub(crate) fn for_migrating(options: &DatabaseOptions) -> anyhow::Result<Self> {
        Self::open(options, 0, EmbeddedPostgres::attach_or_start)
    }

    /// Brings the schema up to date. In a private Postgres, the owner of the tables does it and
    /// then grants the service its rights.
    pub(crate) fn migrate(
        &self,
        settings: MigrateSettings,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Migrated> {
        let Some(embedded) = &self.embedded else {
            return Ok(migrate(&self.database, settings, interrupt)?);
        };
        let owner = locate(Database::parse(&embedded.owner_url())?, self.database.schema());
        let owner = if embedded.is_owner() { owner? } else { owner.context(FOREIGN_POSTGRES)? };
        check_ownership(&owner).with_context(|| {
            format!(
                "remove {} and start again; this gives all tables to their owner",
                embedded.roles_mark().display()
            )
        })?;
        let done = migrate(&owner, settings, interrupt)?;
        grant_rights(&owner, embedded.service_role())?;
        Ok(done)
    }

    fn check(&self) -> anyhow::Result<()> {
        check_rights(&self.database)?;
        Ok(check_schema(&self.database)?)
    }

    fn open(
        options: &DatabaseOptions,
        pool_size: u32,
        start: impl FnOnce(&Settings) -> Result<EmbeddedPostgres, EmbeddedPostgresError>,
    ) -> anyhow::Result<Self> {
        if let Some(url) = options.database_url.as_deref() {
            // The private Postgres would be another database, without accounts.
            ensure!(
                !url.trim().is_empty(),
                "DATABASE_URL (--database-url) is empty; set it to the database's URL, or unset it to use the private Postgres"
            );
            let database = Database::parse(url)?.with_plan_cache_mode(options.plan_cache_mode);
            if database.has_password() && std::env::var("DATABASE_URL").as_deref() != Ok(url) {
                tracing::warn!(
                    "other users can read the password in --database-url; use DATABASE_URL instead"
                );
            }
            let database = locate(database, options.schema.as_deref())?;
            if database.is_exposed() {
                tracing::warn!(
                    "the connection to the database leaves this machine, and its certificate is not checked; \
                     add sslmode=verify-full to DATABASE_URL"
                );
            }
            return Ok(Self { database, data_dir: None, embedded: None });
        }
        let data_dir = private_data_dir(options)?;
        if let Some(existing) = data_dir.ancestors().find(|folder| folder.exists()) {
            check_data_folder(existing).context("the data directory (--data-dir) is not safe")?;
        }
        let embedded = start(&Settings {
            bin_dir: options.postgres_bin_dir.clone(),
            max_connections: pool_size + COMMAND_CONNECTIONS,
            before_create: announce_creation,
            ..Settings::new(&data_dir, NAME)
        })
        .map_err(with_hint)?;
        let database =
            Database::parse(&embedded.database_url())?.with_plan_cache_mode(options.plan_cache_mode);
        let database = locate(database, options.schema.as_deref())?;
        Ok(Self { database, data_dir: Some(data_dir), embedded: Some(embedded) })
    }

    /// Stops the private Postgres, if this process started it.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        self.embedded.map_or(Ok(()), |embedded| Ok(embedded.stop()?))
    }
}

/// Returns the data directory; `None` if the options name another database.
///
/// # Errors
///
/// There is no default directory.
pub(crate) fn data_dir(options: &DatabaseOptions) -> anyhow::Result<Option<PathBuf>> {
    options.database_url.is_none().then(|| private_data_dir(options)).transpose()
}

fn private_data_dir(options: &DatabaseOptions) -> anyhow::Result<PathBuf> {
    match &options.data_dir {
        Some(dir) => std::path::absolute(dir).context("the data directory has no absolute path"),
        None => default_data_dir(),
    }
}

/// Logs that a database is about to be created. Without a terminal it is a warning, because
/// `DATABASE_URL` or the data directory may have been lost.
fn announce_creation(cluster: &Path) {
    let cluster = cluster.display();
    if io::stdin().is_terminal() {
        tracing::info!(%cluster, "creating the database");
    } else {
        tracing::warn!(
            %cluster,
            "creating the database: DATABASE_URL is not set, and the data directory has no database yet"
        );
    }
}

/// Adds what an operator can change to an error of the private Postgres.
fn with_hint(error: EmbeddedPostgresError) -> anyhow::Error {
    let hint = match &error {
        EmbeddedPostgresError::NotInstalled => {
            ", specify its folder with --postgres-bin-dir, or set DATABASE_URL"
        }
        EmbeddedPostgresError::TooOld { .. } => ", or specify its folder with --postgres-bin-dir",
        EmbeddedPostgresError::NotAServerFolder(_) => " (--postgres-bin-dir)",
        EmbeddedPostgresError::NoDatabase(_) => "; is this the folder that serve uses? (--data-dir)",
        EmbeddedPostgresError::UnusablePath(_)
        | EmbeddedPostgresError::PathTooLong { .. }
        | EmbeddedPostgresError::Linked(_)
        | EmbeddedPostgresError::OthersFolder { .. } => " (--data-dir)",
        EmbeddedPostgresError::OtherVersion { .. } => {
            "; docs/operations.md explains how to move the data with a dump"
        }
        _ => return error.into(),
    };
    anyhow!("{error}{hint}")
}

/// Returns the directory by the system's conventions: the XDG Base Directory Specification, or the
/// Filesystem Hierarchy Standard for root.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/sihha"));
    }
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|dir| dir.join("sihha"))
        .context("neither XDG_DATA_HOME nor HOME is set; give a directory by --data-dir")
}
