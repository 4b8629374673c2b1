//! Whether the role that connects has the rights that the service needs. Without the question, a start would fail with what Postgres
//! says of the first table, or succeed, and each request fail.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connect_error::ConnectError;
use super::database::Database;

/// What the service does with the tables. A role that owns them has every right. Where a right is given for columns alone, that is
/// taken to be on purpose.
///
/// Only tables of the schema that the connection works in are looked at, or one that it would, if it were allowed to use it.
const MISSING: &str = "
    WITH needed (name, privileges) AS (VALUES
        ('__diesel_schema_migrations', '{SELECT}'::text[]),
        ('specialites', '{SELECT}'),
        ('sessions', '{SELECT, INSERT, UPDATE, DELETE}'),
        ('profiles', '{SELECT, INSERT, UPDATE}'), ('passwords', '{SELECT, INSERT, UPDATE}'),
        ('patients', '{SELECT, INSERT, UPDATE}'), ('doctors', '{SELECT, INSERT, UPDATE}'),
        ('hospitals', '{SELECT, INSERT, UPDATE}'), ('labos', '{SELECT, INSERT, UPDATE}'),
        ('approvals', '{SELECT, INSERT}'), ('suspensions', '{SELECT}'), ('signing_keys', '{SELECT, INSERT, UPDATE}')
    ), home AS (
        SELECT history.relnamespace AS oid
        FROM pg_class AS history JOIN pg_class AS labos USING (relnamespace)
        WHERE history.relname = '__diesel_schema_migrations' AND labos.relname = 'labos'
          AND CASE WHEN to_regclass('__diesel_schema_migrations') IS NULL
                   THEN NOT has_schema_privilege(history.relnamespace, 'USAGE')
                   ELSE history.oid = to_regclass('__diesel_schema_migrations') END
    )
    SELECT current_user::text AS role, 'USAGE on schema ' || oid::regnamespace AS missing
    FROM home WHERE NOT has_schema_privilege(oid, 'USAGE')
    UNION ALL
    SELECT current_user, privilege || ' on ' || name
    FROM needed CROSS JOIN unnest(privileges) AS privilege
        JOIN pg_class ON relname = name JOIN home ON home.oid = relnamespace
    WHERE NOT CASE privilege WHEN 'DELETE' THEN has_table_privilege(pg_class.oid, privilege)
                             ELSE has_any_column_privilege(pg_class.oid, privilege) END
    ORDER BY missing DESC";

/// Why the role cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Rights are missing.
    #[error(
        "the database's role {role} lacks rights to the tables: {first}{more}; let their owner GRANT these to it, or connect as \
         their owner"
    )]
    Missing {
        /// Who lacks them.
        role: String,
        /// One of them.
        first: String,
        /// How many there are beside it, in words.
        more: String,
    },
    /// The question failed.
    #[error("the rights of the database's role cannot be read: {0}")]
    Unreadable(String),
}

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    missing: String,
}

/// Checks that the role may do with each table what the service does. Says nothing of tables that are not there.
pub fn check_rights(database: &Database) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    let missing: Vec<Missing> = diesel::sql_query(MISSING)
        .load(&mut *pg)
        // The text is Postgres's complaint about our own SQL: no person's data.
        .map_err(|error| RightsError::Unreadable(error.to_string()))?;
    let others = missing.len().saturating_sub(1);
    let Some(Missing { role, missing: first }) = missing.into_iter().next() else { return Ok(()) };
    let more = if others == 0 { String::new() } else { format!(" and {others} more") };
    Err(RightsError::Missing { role, first, more })
}
