//! The database that the options name: one that is given, or the service's own.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use sihha_embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError, Settings};
use sihha_infra::postgres::{
    Database, MigrateSettings, Migrated, check_ownership, check_rights, check_schema, grant_rights, locate,
    migrate,
};
use sihha_interrupt::Interrupt;

use crate::config::DatabaseOptions;

/// Name of the private Postgres's database and of the role that serves.
const NAME: &str = "sihha";

/// Connections that commands may hold beside the service's pool.
const FOR_COMMANDS: u32 = 16;

/// Why the owner of the tables may be refused by a Postgres that another process runs.
const OTHERS: &str = "another process runs the private Postgres; if that is an earlier sihha, restart its `serve`, which migrates";

/// A database, and the Postgres behind it if that is ours.
pub(crate) struct OpenDatabase {
    pub(crate) database: Database,
    /// The data directory of a Postgres of our own.
    pub(crate) data_dir: Option<PathBuf>,
    embedded: Option<EmbeddedPostgres>,
}

impl OpenDatabase {
    /// For `serve`: a Postgres of our own is run, and its schema brought up to date; another one must have
    /// the right schema already.
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

    /// For a short command: a Postgres of our own is used if it runs, and else run meanwhile. There must be one.
    pub(crate) fn for_command(options: &DatabaseOptions) -> anyhow::Result<Self> {
        let open = Self::open(options, 0, EmbeddedPostgres::attach_or_start_existing)?;
        // Nobody else is there whom a new schema could surprise.
        if open.embedded.as_ref().is_some_and(EmbeddedPostgres::is_owner) {
            open.migrate(MigrateSettings::ALL, &Interrupt::default())?;
        }
        open.check()?;
        Ok(open)
    }

    /// For `migrate`: whatever the schema is.
    pub(crate) fn for_migrating(options: &DatabaseOptions) -> anyhow::Result<Self> {
        Self::open(options, 0, EmbeddedPostgres::attach_or_start)
    }

    /// Brings the schema up to date. In a Postgres of our own that is the work of the owner of the tables, who then grants the
    /// service its rights to them.
    pub(crate) fn migrate(
        &self,
        settings: MigrateSettings,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Migrated> {
        let Some(embedded) = &self.embedded else {
            return Ok(migrate(&self.database, settings, interrupt)?);
        };
        let owner = locate(Database::parse(&embedded.owner_url())?, self.database.schema());
        let owner = if embedded.is_owner() { owner? } else { owner.context(OTHERS)? };
        check_ownership(&owner).with_context(|| {
            format!(
                "remove {}, and start again: that gives all tables to their owner",
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
            // Not the private Postgres, which would be another one, and empty.
            ensure!(
                !url.trim().is_empty(),
                "DATABASE_URL (--database-url) is set, but empty; give the database's URL, or unset it to use the private Postgres"
            );
            let database = Database::parse(url)?;
            if database.has_password() && std::env::var("DATABASE_URL").as_deref() != Ok(url) {
                tracing::warn!(
                    "others on this machine can read the password in --database-url; give it in DATABASE_URL"
                );
            }
            let database = locate(database, options.schema.as_deref())?;
            return Ok(Self { database, data_dir: None, embedded: None });
        }
        let data_dir = match &options.data_dir {
            Some(dir) => std::path::absolute(dir).context("the data directory has no absolute path")?,
            None => default_data_dir()?,
        };
        let embedded = start(&Settings {
            bin_dir: options.postgres_bin_dir.clone(),
            max_connections: pool_size + FOR_COMMANDS,
            before_create: announce_creation,
            ..Settings::new(&data_dir, NAME)
        })
        .map_err(with_hint)?;
        let database = Database::parse(&embedded.database_url())?;
        let database = locate(database, options.schema.as_deref())?;
        Ok(Self { database, data_dir: Some(data_dir), embedded: Some(embedded) })
    }

    /// Stops the Postgres if it is ours.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        self.embedded.map_or(Ok(()), |embedded| Ok(embedded.stop()?))
    }
}

/// Logs that a database is about to be created. Without a terminal it is a warning, because `DATABASE_URL` or the data directory
/// may have been lost.
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

/// Where the system's conventions put it (XDG Base Directory Specification; for root, the Filesystem
/// Hierarchy Standard).
fn default_data_dir() -> anyhow::Result<PathBuf> {
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/sihha"));
    }
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|dir| dir.join("sihha"))
        .context("neither XDG_DATA_HOME nor HOME is set; say where to keep data by --data-dir")
}
