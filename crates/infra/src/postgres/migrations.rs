//! The schema: bringing it up to date, and refusing to run on another one.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{ConnectError, Database};
use super::errors::store_error;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// A migration that waits for a table keeps all requests for it waiting behind: it gives up after so long.
const LIMITS: &str = "SET lock_timeout = '5s'";

/// Names the lock that one migrating process holds: "sihha" in ASCII.
const LOCK: i64 = 0x0073_6968_6861;

diesel::table! {
    /// Diesel's own record of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
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
    /// A migration failed; it was rolled back whole.
    #[error("the migration failed, and was rolled back: {0}")]
    Failed(String),
}

/// Why the schema is not the one that this binary works with. Each says which command helps.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Migrations are missing.
    #[error(
        "the database's schema is older than this sihha: {0} migration(s) are missing; run `sihha migrate`"
    )]
    Older(usize),
    /// There are migrations that this binary does not know.
    #[error(
        "the database's schema is newer than this sihha: it has the unknown migration {0}; \
         install the sihha that made it (`sihha --version` tells which this is)"
    )]
    Newer(String),
    /// The record of applied migrations could not be read.
    #[error("the record of applied migrations could not be read: {0}")]
    Unreadable(String),
}

/// Applies what is missing; says how many migrations that was. Safe when several start at once: one works,
/// the others wait for it and find nothing left to do.
pub fn migrate(database: &Database) -> Result<usize, MigrateError> {
    let mut pg = database.connect()?;
    let failed = |error: DieselError| MigrateError::Failed(store_error(&error).to_string());
    diesel::select(advisory_lock(LOCK)).execute(&mut pg).map_err(failed)?;
    pg.batch_execute(LIMITS).map_err(failed)?;
    // Ends with the connection, also when this process is killed.
    match compare(&mut pg) {
        Err(newer @ SchemaError::Newer(_)) => return Err(MigrateError::Newer(newer)),
        Err(SchemaError::Older(_)) => {}
        Err(error) => return Err(MigrateError::Failed(error.to_string())),
        Ok(()) => return Ok(0),
    }
    let applied = pg.run_pending_migrations(MIGRATIONS);
    // The text is the migration's name and Postgres's complaint about our own SQL: no person's data.
    applied.map(|applied| applied.len()).map_err(|error| MigrateError::Failed(error.to_string()))
}

/// Whether the schema is exactly the one that this binary works with.
pub fn check_schema(database: &Database) -> Result<(), SchemaError> {
    compare(&mut database.connect()?)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Waits for a lock that lasts as long as the connection.
    #[sql_name = "pg_advisory_lock"]
    fn advisory_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Text;
    /// The table of that name, or null.
    fn to_regclass(name: diesel::sql_types::Text) -> diesel::sql_types::Nullable<diesel::sql_types::Oid>;
}

fn compare(pg: &mut PgConnection) -> Result<(), SchemaError> {
    let applied = applied(pg).map_err(|error| SchemaError::Unreadable(store_error(&error).to_string()))?;
    let known = known();
    if let Some(unknown) = applied.difference(&known).next() {
        return Err(SchemaError::Newer(unknown.clone()));
    }
    match known.difference(&applied).count() {
        0 => Ok(()),
        missing => Err(SchemaError::Older(missing)),
    }
}

fn applied(pg: &mut PgConnection) -> QueryResult<BTreeSet<String>> {
    let table: Option<u32> = diesel::select(to_regclass("__diesel_schema_migrations")).get_result(pg)?;
    if table.is_none() {
        return Ok(BTreeSet::new());
    }
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(versions.load::<String>(pg)?.into_iter().collect())
}

fn known() -> BTreeSet<String> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}
