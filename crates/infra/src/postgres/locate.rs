//! Which schema of a database holds the accounts.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connect_error::ConnectError;
use super::database::{Database, quote_identifier};
use super::libpq::PqConnection;
use super::limits::StatementLimits;

/// Where a new database's tables go.
const DEFAULT_SCHEMA: &str = "public";

/// The first migration: a table that records it is the history of a Sihha, and not of another program that uses Diesel.
const FIRST_MIGRATION: &str = "20261123090000";

/// Why a database has no schema to work with.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The accounts are in another schema than the one asked for.
    #[error(
        "{database} has its accounts in schema {}, not in {asked}; \
         say --schema {}, or use another database", .found.join(" and "), .found[0]
    )]
    Elsewhere {
        /// Where that is.
        database: String,
        /// The schema of `--schema`.
        asked: String,
        /// The schemas that hold a history.
        found: Vec<String>,
    },
    /// Several schemas hold accounts.
    #[error("{database} has accounts in the schemas {}; say which one by --schema", .found.join(" and "))]
    Ambiguous {
        /// Where that is.
        database: String,
        /// The schemas that hold a history.
        found: Vec<String>,
    },
    /// There is no such schema.
    #[error(
        "{database} has no schema {schema}; make it by `CREATE SCHEMA {schema}`, or choose another by --schema"
    )]
    Missing {
        /// Where that is.
        database: String,
        /// Its name.
        schema: String,
    },
    /// The database stores texts in another encoding.
    #[error(
        "{database} has the encoding {encoding}, and names need UTF8; make it by `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding {
        /// Where that is.
        database: String,
        /// The server's name of it.
        encoding: String,
    },
    /// A pooler in between gives each transaction another connection.
    #[error(
        "{database} is behind a pooler that shares connections between clients (PgBouncer's transaction mode); \
         connect to Postgres itself, or to a pool in session mode"
    )]
    SharedConnections {
        /// Where that is.
        database: String,
    },
    /// A query failed.
    #[error("{database} cannot be examined: {reason}")]
    Unreadable {
        /// Where that is.
        database: String,
        /// Why.
        reason: String,
    },
}

/// Finds the schema of the accounts: the one asked for, or else the one that holds the history of migrations, or `public` in
/// a new database. All connections use that schema alone from then on.
///
/// # Errors
///
/// If that is not clear, or the database is one that the service cannot work with.
pub fn locate(database: Database, asked: Option<&str>) -> Result<Database, LocateError> {
    let name = database.to_string();
    let mut pg = database.start_connection()?;
    let encoding = pg.parameter(c"server_encoding").unwrap_or_default();
    if encoding != "UTF8" {
        return Err(LocateError::Encoding { database: name, encoding });
    }
    if is_shared(&database, &mut pg)? {
        return Err(LocateError::SharedConnections { database: name });
    }
    let found = histories(&mut pg).map_err(|error| unreadable(&name, &error))?;
    let schema = choose(&name, asked, found)?;
    let exists = diesel::sql_query("SELECT count(*) AS n FROM pg_namespace WHERE nspname = $1")
        .bind::<Text, _>(&schema);
    if exists.get_result::<Count>(&mut *pg).map_err(|error| unreadable(&name, &error))?.n == 0 {
        return Err(LocateError::Missing { database: name, schema });
    }
    drop(pg);
    Ok(database.with_schema(schema))
}

fn choose(database: &str, asked: Option<&str>, mut found: Vec<String>) -> Result<String, LocateError> {
    let database = database.to_owned();
    match asked {
        Some(asked) if found.iter().any(|schema| schema == asked) => {
            if found.len() > 1 {
                tracing::warn!(schema = asked, all = found.join(", "), "several schemas hold accounts");
            }
            Ok(asked.to_owned())
        }
        Some(asked) if found.is_empty() => Ok(asked.to_owned()),
        Some(asked) => Err(LocateError::Elsewhere { database, asked: asked.to_owned(), found }),
        None if found.len() > 1 => Err(LocateError::Ambiguous { database, found }),
        None => Ok(found.pop().unwrap_or_else(|| DEFAULT_SCHEMA.to_owned())),
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Returns the schemas that hold a history of ours. One that this role may not read is counted: taking another instead would
/// hide accounts.
fn histories(pg: &mut PqConnection) -> QueryResult<Vec<String>> {
    const TABLES: &str = "SELECT nspname::text AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
        WHERE relname = '__diesel_schema_migrations' AND relkind IN ('r', 'p') AND NOT pg_is_other_temp_schema(relnamespace) \
        ORDER BY nspname";
    let mut found = Vec::new();
    for Name { name } in diesel::sql_query(TABLES).load::<Name>(pg)? {
        let count = format!(
            "SELECT count(*) AS n FROM {}.__diesel_schema_migrations WHERE version = $1",
            quote_identifier(&name)
        );
        match diesel::sql_query(count).bind::<Text, _>(FIRST_MIGRATION).get_result::<Count>(pg) {
            Ok(Count { n: 0 }) => {}
            Ok(_) | Err(_) => found.push(name),
        }
    }
    Ok(found)
}

/// Returns whether two connections of ours can be one and the same connection of the server. Prepared statements and
/// settings would then be another client's.
fn is_shared(database: &Database, pg: &mut PqConnection) -> Result<bool, LocateError> {
    const MARK: &str = "SELECT set_config('sihha.connection', 'taken', false) AS name";
    const READ: &str = "SELECT coalesce(current_setting('sihha.connection', true), '') AS name";
    let failed = |error: diesel::result::Error| unreadable(&database.to_string(), &error);
    // Not kept prepared: behind such a pooler, another client's statement of the same name may be there.
    let pid =
        diesel::sql_query("SELECT pg_backend_pid()::bigint AS n").get_result::<Count>(pg).map_err(failed)?.n;
    // Without a pooler the server itself announces the process.
    if pid == i64::from(pg.announced_pid()) {
        return Ok(false);
    }
    diesel::sql_query(MARK).get_result::<Name>(pg).map_err(failed)?;
    let mut other = database.connect(&StatementLimits::COMMANDS)?;
    let found = diesel::sql_query(READ).get_result::<Name>(&mut other).map_err(failed)?;
    Ok(found.name == "taken")
}

fn unreadable(database: &str, error: &diesel::result::Error) -> LocateError {
    LocateError::Unreadable { database: database.to_owned(), reason: error.to_string() }
}
