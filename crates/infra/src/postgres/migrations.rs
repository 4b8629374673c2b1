//! Applies migrations, and checks that the schema is the one that this binary needs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationConnection, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::advisory_locks;
use super::card_conflicts;
use super::connect_error::ConnectError;
use super::database::{Database, quote_identifier};
use super::errors::store_error;
use super::libpq::{Canceller, PqConnection, SqlState};
use super::limits::StatementLimits;
use super::lock_watcher::{Blocker, LockWatcher};
use super::search_keys_refresh::{self, SearchKeysRefresh};
use sihha_interrupt::Interrupt;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Settings of a migrating connection. A timeout of the role must not interrupt a migration.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// Maximum time for which a migration waits for a lock in one attempt: while it waits for a table,
/// all requests for that table wait as well.
const LOCK_TIMEOUT: Duration = Duration::from_millis(250);

/// Time between two attempts, in which these requests run.
const PAUSE: Duration = Duration::from_secs(1);

/// Suffix of the name of a migration that removes what the previous release needs.
const CONTRACT_SUFFIX: &str = "_contract";

/// Part of the names of migrations that are applied after all others, because the terms that they
/// need are computed from accounts in the form in which this release stores them.
const APPLIED_LAST: &str = "_search_keys_";

diesel::table! {
    /// Diesel's table of applied migrations.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Settings of a migration run.
#[derive(Debug, Clone, Copy)]
pub struct MigrateSettings {
    /// Whether to apply contracting migrations, which remove what the previous release needs.
    pub contracting: Contracting,
    /// Maximum time to wait for locks of others.
    pub wait: Duration,
}

impl MigrateSettings {
    /// Settings for a database that nobody else uses: applies all migrations.
    pub const ALL: Self = Self { contracting: Contracting::Apply, wait: Duration::from_mins(1) };
}

/// Whether to apply contracting migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contracting {
    /// Applies all of them: no instance of the previous release is running.
    Apply,
    /// Applies all of them in a new database, which no other release has used, and none in others.
    ApplyToNew,
    /// Applies none of them.
    Leave,
}

/// The result of a migration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Number of migrations that were applied.
    pub applied: usize,
    /// Number of contracting migrations that were not applied because of the previous release.
    pub left: usize,
}

/// Why the migrations could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection could be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database has migrations that this binary does not know.
    #[error(transparent)]
    Newer(SchemaError),
    /// Others held a lock for too long.
    #[error("gave up after {} s of waiting for a lock{}; end the process that holds it, or try again later",
        .0.as_secs(), .1.as_ref().map(|blocker| format!(" that {blocker} holds")).unwrap_or_default())]
    Blocked(Duration, Option<Blocker>),
    /// A signal interrupted the run.
    #[error("interrupted; the migration that was running was rolled back")]
    Interrupted,
    /// A migration failed and was rolled back.
    #[error("migration {migration} failed and was rolled back: {reason}")]
    Failed {
        /// The migration's name.
        migration: String,
        /// Postgres's message about our SQL, which contains no personal data.
        reason: String,
    },
    /// Several accounts have the same card number. Nothing was changed.
    #[error("nothing was migrated, because these accounts have the same card number, regardless of case:\n  {}\n\
        correct the numbers of all but one account in each line, as docs/operations.md says, and try again",
        .0.join("\n  "))]
    CardNumbers(Vec<String>),
    /// The table of applied migrations could not be created or read.
    #[error(transparent)]
    History(SchemaError),
}

/// Why this binary cannot use the schema. Each message names the command that helps.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// No connection could be opened.
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
    /// The schema has migrations that this binary does not know.
    #[error(
        "the schema {schema} is newer than this sihha: it has the unknown migration {migration}; \
         install the sihha that applied it (`sihha --version` prints the version of this one)"
    )]
    Newer {
        /// The schema's name.
        schema: String,
        /// The version of the first unknown migration.
        migration: String,
    },
    /// The table of applied migrations could not be read.
    #[error("the table of applied migrations in schema {schema} could not be read: {reason}")]
    Unreadable {
        /// The schema's name.
        schema: String,
        /// The reason.
        reason: String,
    },
}

/// Applies the missing migrations, each one in its own transaction. Several processes may call this
/// simultaneously: one applies the migrations, and the others wait and then have nothing to do.
///
/// # Errors
///
/// If a migration fails, others hold a lock for too long, or `interrupt` is triggered. Migrations
/// that were applied before that stay applied.
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
    run.repeat("the table of applied migrations", |pg| applied(pg).map(drop))?;
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
    if !is_new && missing.iter().any(|migration| version(migration) == card_conflicts::MIGRATION) {
        run.refuse_card_conflicts()?;
    }
    let mut done = Migrated { applied: 0, left: 0 };
    let (last, first): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|migration| migration.name().to_string().contains(APPLIED_LAST));
    for migration in first.into_iter().chain(last) {
        if is_contracting(&migration) && !contracts {
            done.left += 1;
            continue;
        }
        run.apply(&*migration)?;
        done.applied += 1;
    }
    Ok(done)
}

/// Checks that this binary can use the schema. Contracting migrations may be missing.
///
/// # Errors
///
/// If other migrations are missing, or the schema has unknown ones.
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
    /// Waits for the lock of migrating processes. The server releases the lock when the connection
    /// is closed, also when this process is killed.
    fn take_lock(&mut self) -> Result<(), MigrateError> {
        self.repeat("the lock of `sihha migrate`", |pg| {
            pg.batch_execute(SETTINGS)?;
            pg.batch_execute(&format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis()))?;
            // Waiting in the server would hold a snapshot, for which the concurrent creation of an
            // index would wait.
            pg.batch_execute(&format!(
                "DO $$ BEGIN IF NOT pg_try_advisory_lock({}) THEN \
                 RAISE EXCEPTION 'another sihha is migrating' USING ERRCODE = 'lock_not_available'; END IF; END $$",
                advisory_locks::MIGRATE
            ))?;
            pg.setup().map(drop)
        })
    }

    fn refuse_card_conflicts(&mut self) -> Result<(), MigrateError> {
        let mut groups = Vec::new();
        self.repeat("the check of card numbers", |pg| {
            groups = card_conflicts::find(pg)?;
            Ok(())
        })?;
        if groups.is_empty() { Ok(()) } else { Err(MigrateError::CardNumbers(groups)) }
    }

    fn apply(&mut self, migration: &dyn Migration<Pg>) -> Result<(), MigrateError> {
        let name = migration.name().to_string();
        if search_keys_refresh::SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
            self.refresh_search_keys(&name)?;
        }
        if migration.metadata().run_in_transaction() {
            return self.repeat(&name, |pg| run_migration(pg, migration));
        }
        // Requests do not wait for this migration, so it may wait for others until the deadline. A
        // failed attempt can leave an invalid index.
        let left = self.deadline.saturating_duration_since(Instant::now()).max(LOCK_TIMEOUT).as_millis();
        self.repeat(&name, |pg| {
            drop_unfinished_indexes(pg)?;
            pg.batch_execute(&format!("SET lock_timeout = {left}"))?;
            run_migration(pg, migration)?;
            pg.batch_execute(&format!("SET lock_timeout = {}", LOCK_TIMEOUT.as_millis()))
        })
    }

    /// Writes missing and outdated search keys of all accounts. A run after an interruption reads
    /// all accounts again.
    fn refresh_search_keys(&mut self, name: &str) -> Result<(), MigrateError> {
        self.repeat(name, |pg| pg.batch_execute(search_keys_refresh::SETTINGS))?;
        let (mut refresh, mut is_over) = (SearchKeysRefresh::default(), false);
        while !is_over {
            if self.interrupt.is_triggered() {
                return Err(MigrateError::Interrupted);
            }
            self.repeat(name, |pg| {
                is_over = !refresh.next_batch(pg)?;
                Ok(())
            })?;
            // Each batch may wait for locks of others, however long the accounts take.
            self.deadline = Instant::now() + self.settings.wait;
        }
        self.repeat(name, |pg| pg.batch_execute(search_keys_refresh::RESET))
    }

    /// Repeats `work` while it fails because of locks of others.
    fn repeat(
        &mut self,
        name: &str,
        mut work: impl FnMut(&mut PqConnection) -> QueryResult<()>,
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

/// Runs a migration. Errors that are not Diesel's, which concern the migration's files, become
/// `QueryBuilderError`.
fn run_migration(pg: &mut PqConnection, migration: &dyn Migration<Pg>) -> QueryResult<()> {
    pg.run_migration(migration).map(drop).map_err(|error| match error.downcast::<diesel::result::Error>() {
        Ok(error) => *error,
        Err(error) => diesel::result::Error::QueryBuilderError(error),
    })
}

/// Drops indexes whose concurrent creation failed. They exist but are not valid, and would prevent
/// another attempt.
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

/// Returns the missing migrations, in their order.
fn compare(pg: &mut PqConnection, schema: &str) -> Result<Vec<Box<dyn Migration<Pg>>>, SchemaError> {
    let applied = applied(pg).map_err(|error| SchemaError::Unreadable {
        schema: schema.to_owned(),
        reason: store_error(&error, pg.last_error()).to_string(),
    })?;
    let mut known = known();
    let versions: BTreeSet<String> = known.iter().map(version).collect();
    if let Some(unknown) = applied.difference(&versions).next() {
        return Err(SchemaError::Newer { schema: schema.to_owned(), migration: unknown.clone() });
    }
    known.retain(|migration| !applied.contains(&version(migration)));
    Ok(known)
}

#[expect(clippy::borrowed_box, reason = "the iterators return references to boxes")]
fn version(migration: &Box<dyn Migration<Pg>>) -> String {
    migration.name().version().to_string()
}

#[expect(clippy::borrowed_box, reason = "the iterators return references to boxes")]
fn is_contracting(migration: &Box<dyn Migration<Pg>>) -> bool {
    migration.name().to_string().ends_with(CONTRACT_SUFFIX)
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
    /// Returns the table with this name, or null.
    fn to_regclass(name: diesel::sql_types::Text) -> diesel::sql_types::Nullable<diesel::sql_types::Oid>;
}
