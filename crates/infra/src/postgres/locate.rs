//! Finds the schema that contains the accounts.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connect_error::ConnectError;
use super::database::{Database, quote_identifier};
use super::libpq::PqConnection;
use super::limits::StatementLimits;

/// The schema of the tables in a new database.
const DEFAULT_SCHEMA: &str = "public";

/// Version of the first migration. A table of migrations that contains it belongs to Sihha, not to
/// another program that uses Diesel.
const FIRST_MIGRATION: &str = "20261123090000";

/// Why the service cannot use a database.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// No connection could be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The accounts are in another schema than the given one.
    #[error(
        "{database} has its accounts in schema {}, not in {requested}; \
         set --schema {}, or use another database", .found.join(" and "), .found[0]
    )]
    Elsewhere {
        /// A description of the database.
        database: String,
        /// The schema of `--schema`.
        requested: String,
        /// The schemas that contain accounts.
        found: Vec<String>,
    },
    /// Several schemas contain accounts.
    #[error("{database} has accounts in the schemas {}; choose one with --schema", .found.join(" and "))]
    Ambiguous {
        /// A description of the database.
        database: String,
        /// The schemas that contain accounts.
        found: Vec<String>,
    },
    /// The schema does not exist.
    #[error(
        "{database} has no schema {schema}; create it with `CREATE SCHEMA {schema}`, or choose another one with --schema"
    )]
    Missing {
        /// A description of the database.
        database: String,
        /// The schema's name.
        schema: String,
    },
    /// The encoding of the database is not UTF-8.
    #[error(
        "{database} has the encoding {encoding}, but UTF8 is required; \
         create it with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`"
    )]
    Encoding {
        /// A description of the database.
        database: String,
        /// The server's name for the encoding.
        encoding: String,
    },
    /// A connection pooler uses another server connection for each transaction.
    #[error(
        "{database} is behind a pooler that shares connections between clients (PgBouncer in transaction mode); \
         connect to Postgres directly, or to a pool in session mode"
    )]
    SharedConnections {
        /// A description of the database.
        database: String,
    },
    /// A query failed.
    #[error("{database} cannot be queried: {reason}")]
    Unreadable {
        /// A description of the database.
        database: String,
        /// The reason.
        reason: String,
    },
}

/// Finds the schema of the accounts. It is the `requested` one, or else the one that contains
/// Sihha's migrations, or `public` in a new database. All connections of the returned database use
/// only this schema.
///
/// # Errors
///
/// If the schema is ambiguous or does not exist, or the service cannot use the database.
pub fn locate(database: Database, requested: Option<&str>) -> Result<Database, LocateError> {
    let name = database.to_string();
    let mut pg = database.start_connection()?;
    let encoding = pg.parameter(c"server_encoding").unwrap_or_default();
    if encoding != "UTF8" {
        return Err(LocateError::Encoding { database: name, encoding });
    }
    if is_shared(&database, &mut pg)? {
        return Err(LocateError::SharedConnections { database: name });
    }
    let found = schemas_with_accounts(&mut pg).map_err(|error| unreadable(&name, &error))?;
    let schema = choose(&name, requested, found)?;
    let exists = diesel::sql_query("SELECT count(*) AS n FROM pg_namespace WHERE nspname = $1")
        .bind::<Text, _>(&schema);
    if exists.get_result::<Count>(&mut *pg).map_err(|error| unreadable(&name, &error))?.n == 0 {
        return Err(LocateError::Missing { database: name, schema });
    }
    drop(pg);
    Ok(database.with_schema(schema))
}

fn choose(database: &str, requested: Option<&str>, mut found: Vec<String>) -> Result<String, LocateError> {
    let database = database.to_owned();
    match requested {
        Some(requested) if found.iter().any(|schema| schema == requested) => {
            if found.len() > 1 {
                tracing::warn!(
                    schema = requested,
                    all = found.join(", "),
                    "several schemas contain accounts"
                );
            }
            Ok(requested.to_owned())
        }
        Some(requested) if found.is_empty() => Ok(requested.to_owned()),
        Some(requested) => Err(LocateError::Elsewhere { database, requested: requested.to_owned(), found }),
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

/// Returns the schemas that contain Sihha's migrations. A schema that the role may not read is
/// included: using another one instead would hide its accounts.
fn schemas_with_accounts(pg: &mut PqConnection) -> QueryResult<Vec<String>> {
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

/// Returns whether two client connections can share one server connection. Prepared statements and
/// settings would then be those of another client.
fn is_shared(database: &Database, pg: &mut PqConnection) -> Result<bool, LocateError> {
    const MARK: &str = "SELECT set_config('sihha.connection', 'taken', false) AS name";
    const READ: &str = "SELECT coalesce(current_setting('sihha.connection', true), '') AS name";
    let failed = |error: diesel::result::Error| unreadable(&database.to_string(), &error);
    // `sql_query` does not name its prepared statement, whose name could exist already behind such
    // a pooler.
    let pid =
        diesel::sql_query("SELECT pg_backend_pid()::bigint AS n").get_result::<Count>(pg).map_err(failed)?.n;
    // Without a pooler, the server announces its own process id.
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
