//! The schema: bringing it up to date, and refusing to run on another one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationConnection, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect_error::ConnectError;
use super::database::{Database, quote_identifier};
use super::libpq::{Canceller, PqConnection, SqlState};
use super::limits::StatementLimits;
use super::lock_watcher::{Blocker, LockWatcher};
use sihha_interrupt::Interrupt;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// What a migrating connection sets. A role's own time limit must not cut a migration short.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// A migration that waits for a table keeps all requests for it waiting, so it gives up soon, and lets them through before
/// it tries again.
const LOCK_TIMEOUT: Duration = Duration::from_millis(250);
const PAUSE: Duration = Duration::from_secs(1);

/// Names the lock that one migrating process holds: "sihha" in ASCII.
pub(super) const LOCK: i64 = 0x0073_6968_6861;

/// How the name of a migration ends that removes what the previous release needs.
const CONTRACTS: &str = "_contract";

diesel::table! {
    /// Diesel's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// How to migrate.
#[derive(Debug, Clone, Copy)]
pub struct MigrateSettings {
    /// Which contracting migrations to apply, which remove what the previous release needs.
    pub contracting: Contracting,
    /// Maximum time to wait for locks that others hold.
    pub wait: Duration,
}

impl MigrateSettings {
    /// For a database that nobody else uses: all migrations.
    pub const ALL: Self = Self { contracting: Contracting::Apply, wait: Duration::from_mins(1) };
}

/// Whether to apply contracting migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contracting {
    /// All of them: no instance of the previous release is left.
    Apply,
    /// All of them in a new database, which no other release has used. Else none.
    ApplyToNew,
    /// None.
    Leave,
}

/// What was done, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Number of migrations that were applied.
    pub applied: usize,
    /// Number of contracting migrations that wait for the end of the previous release.
    pub left: usize,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database holds migrations that this binary does not know.
    #[error(transparent)]
    Newer(SchemaError),
    /// Others held locks for too long.
    #[error("gave up after {} s of waiting for a lock{}; end what holds it, or try again later",
        .0.as_secs(), .1.as_ref().map(|blocker| format!(" that {blocker} holds")).unwrap_or_default())]
    Blocked(Duration, Option<Blocker>),
    /// A signal came.
    #[error("interrupted; the migration that was running was rolled back")]
    Interrupted,
    /// A migration failed; it was rolled back whole.
    #[error("migration {migration} failed, and was rolled back: {reason}")]
    Failed {
        /// Its name.
        migration: String,
        /// Postgres's complaint about our own SQL: no person's data.
        reason: String,
    },
    /// The record of applied migrations could not be made or read.
    #[error(transparent)]
    History(SchemaError),
}

/// Why the schema is not the one that this binary works with. Each says which command helps.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Migrations are missing.
    #[error(
        "the schema {schema} is older than this sihha: {missing} migration(s) are missing; run `sihha migrate`"
    )]
    Older {
        /// The schema's name.
        schema: String,
        /// Number of migrations.
        missing: usize,
    },
    /// There are migrations that this binary does not know.
    #[error(
        "the schema {schema} is newer than this sihha: it has the unknown migration {migration}; \
         install the sihha that made it (`sihha --version` tells which this is)"
    )]
    Newer {
        /// The schema's name.
        schema: String,
        /// The version of the first one.
        migration: String,
    },
    /// The record of applied migrations could not be read.
    #[error("the record of applied migrations in schema {schema} could not be read: {reason}")]
    Unreadable {
        /// The schema's name.
        schema: String,
        /// Why.
        reason: String,
    },
}

/// Applies what is missing, each migration by itself. Safe when several start simultaneously: one works, the others wait
/// for it and find nothing left to do.
///
/// # Errors
///
/// If a migration fails, locks are held for too long, or `interrupt` is triggered. What was applied before stays.
pub fn migrate(
    database: &Database,
    settings: MigrateSettings,
    interrupt: &Interrupt,
) -> Result<Migrated, MigrateError> {
    let mut pg = database.connect(&StatementLimits::COMMANDS)?;
    pg.set_limit(None);
    let watcher = LockWatcher::start(database.clone(), &mut pg);
    let canceller = pg.canceller();
    let _running = interrupt.when_triggered(move || canceller.iter().for_each(Canceller::cancel));
    let mut run = Run { pg, settings, interrupt, watcher, deadline: Instant::now() + settings.wait };
    run.take_lock()?;
    run.repeat("the record of applied migrations", |pg| applied(pg).map(drop))?;
    let state = compare(&mut run.pg, schema_name(database));
    let missing = match state {
        Ok(missing) => missing,
        Err(newer @ SchemaError::Newer { .. }) => return Err(MigrateError::Newer(newer)),
        Err(error) => return Err(MigrateError::History(error)),
    };
    let is_new = missing.len() == known().len();
    let contracts = match settings.contracting {
        Contracting::Apply => true,
        Contracting::ApplyToNew => is_new,
        Contracting::Leave => false,
    };
    let mut done = Migrated { applied: 0, left: 0 };
    for migration in missing {
        if is_contracting(&migration) && !contracts {
            done.left += 1;
            continue;
        }
        run.apply(&*migration)?;
        done.applied += 1;
    }
    Ok(done)
}

/// Returns whether the schema is the one that this binary works with. Contracting migrations may be missing.
///
/// # Errors
///
/// If not.
pub fn check_schema(database: &Database) -> Result<(), SchemaError> {
    let schema = schema_name(database);
    let missing = compare(&mut *database.start_connection()?, schema)?;
    match missing.iter().filter(|migration| !is_contracting(migration)).count() {
        0 => Ok(()),
        missing => Err(SchemaError::Older { schema: schema.to_owned(), missing }),
    }
}

/// One run of `migrate`.
struct Run<'a> {
    pg: PqConnection,
    settings: MigrateSettings,
    interrupt: &'a Interrupt,
    watcher: LockWatcher,
    deadline: Instant,
}

impl Run<'_> {
    /// Waits for the lock of all that migrate. It ends with the connection, also when this process is killed.
    fn take_lock(&mut self) -> Result<(), MigrateError> {
        self.repeat("the lock of `sihha migrate`", |pg| {
            pg.batch_execute(SETTINGS)?;
            pg.batch_execute(&format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis()))?;
            // Waiting for it in the server would hold a snapshot there, and an index that is made concurrently waits for those.
            pg.batch_execute(&format!(
                "DO $$ BEGIN IF NOT pg_try_advisory_lock({LOCK}) THEN \
                 RAISE EXCEPTION 'another sihha is migrating' USING ERRCODE = 'lock_not_available'; END IF; END $$"
            ))?;
            pg.setup().map(drop)
        })
    }

    fn apply(&mut self, migration: &dyn Migration<Pg>) -> Result<(), MigrateError> {
        let name = migration.name().to_string();
        if migration.metadata().run_in_transaction() {
            return self.repeat(&name, |pg| run_migration(pg, migration));
        }
        // It holds no lock that requests wait for, so it may wait for as long as others take. What it had begun when it
        // failed stays, and is useless.
        let left = self.deadline.saturating_duration_since(Instant::now()).max(LOCK_TIMEOUT).as_millis();
        self.repeat(&name, |pg| {
            drop_unfinished_indexes(pg)?;
            pg.batch_execute(&format!("SET lock_timeout = {left}"))?;
            run_migration(pg, migration)?;
            pg.batch_execute(&format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis()))
        })
    }

    /// Does `work` again while it fails for locks that others hold.
    fn repeat(
        &mut self,
        name: &str,
        work: impl Fn(&mut PqConnection) -> QueryResult<()>,
    ) -> Result<(), MigrateError> {
        loop {
            let Err(error) = work(&mut self.pg) else { return Ok(()) };
            if self.interrupt.is_triggered() {
                return Err(MigrateError::Interrupted);
            }
            let is_blocked =
                matches!(self.pg.last_error(), Some(SqlState::LOCK_NOT_AVAILABLE | SqlState::DEADLOCK));
            if !is_blocked || self.pg.is_broken() {
                return Err(MigrateError::Failed { migration: name.to_owned(), reason: error.to_string() });
            }
            if Instant::now() >= self.deadline {
                return Err(MigrateError::Blocked(self.settings.wait, self.watcher.last()));
            }
            if self.interrupt.wait(PAUSE) {
                return Err(MigrateError::Interrupted);
            }
        }
    }
}

/// Diesel's own errors come as they are, others of a migration's files as a query that cannot be built.
fn run_migration(pg: &mut PqConnection, migration: &dyn Migration<Pg>) -> QueryResult<()> {
    pg.run_migration(migration).map(drop).map_err(|error| match error.downcast::<diesel::result::Error>() {
        Ok(error) => *error,
        Err(error) => diesel::result::Error::QueryBuilderError(error),
    })
}

/// An index that was being made concurrently when that failed is there, but not valid, and would be in the way.
fn drop_unfinished_indexes(pg: &mut PqConnection) -> QueryResult<()> {
    const UNFINISHED: &str = "SELECT index.relname::text AS name FROM pg_index \
        JOIN pg_class AS index ON index.oid = indexrelid \
        WHERE NOT indisvalid AND index.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    for Row { name } in diesel::sql_query(UNFINISHED).load::<Row>(pg)? {
        pg.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quote_identifier(&name)))?;
    }
    Ok(())
}

fn schema_name(database: &Database) -> &str {
    database.schema().unwrap_or("public")
}

/// Returns all migrations of this binary, in their order.
fn known() -> Vec<Box<dyn Migration<Pg>>> {
    let mut known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    known.sort_by_key(version);
    known
}

/// Returns the migrations that are missing, in their order.
fn compare(pg: &mut PqConnection, schema: &str) -> Result<Vec<Box<dyn Migration<Pg>>>, SchemaError> {
    let applied = applied(pg).map_err(|error| SchemaError::Unreadable {
        schema: schema.to_owned(),
        reason: super::errors::store_error(&error, pg.last_error()).to_string(),
    })?;
    let mut known = known();
    let versions: BTreeSet<String> = known.iter().map(version).collect();
    if let Some(unknown) = applied.difference(&versions).next() {
        return Err(SchemaError::Newer { schema: schema.to_owned(), migration: unknown.clone() });
    }
    known.retain(|migration| !applied.contains(&version(migration)));
    Ok(known)
}

#[expect(clippy::borrowed_box, reason = "what an iterator over boxes gives")]
fn version(migration: &Box<dyn Migration<Pg>>) -> String {
    migration.name().version().to_string()
}

#[expect(clippy::borrowed_box, reason = "what an iterator over boxes gives")]
fn is_contracting(migration: &Box<dyn Migration<Pg>>) -> bool {
    migration.name().to_string().ends_with(CONTRACTS)
}

fn applied(pg: &mut PqConnection) -> QueryResult<BTreeSet<String>> {
    let table: Option<u32> = diesel::select(to_regclass("__diesel_schema_migrations")).get_result(pg)?;
    if table.is_none() {
        return Ok(BTreeSet::new());
    }
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(versions.load::<String>(pg)?.into_iter().collect())
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The table of that name, or null.
    fn to_regclass(name: diesel::sql_types::Text) -> diesel::sql_types::Nullable<diesel::sql_types::Oid>;
}
