//! The rights that the service needs in the database: checks whether the role has them, and grants
//! them.
//!
//! Without the check, a start would fail with Postgres's message about the first table, or succeed
//! while all requests fail.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::connect_error::ConnectError;
use super::database::Database;
use super::libpq::PqConnection;
use super::{NEEDED_RIGHTS, advisory_locks};

/// Lists the rights that are missing. The owner of the tables has all rights. A right that was
/// granted only for some columns counts as granted, since an operator must have chosen that.
///
/// Checks only tables of the schema that the connection uses, or would use if the role had the
/// right to.
const MISSING: &str = "
    home AS (
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

/// Lists the tables that another role owns.
const FOREIGN: &str = "
    SELECT current_user::text AS role, name AS missing
    FROM needed JOIN pg_class ON relname = name JOIN pg_namespace AS home ON home.oid = relnamespace
    WHERE nspname = current_schema() AND relowner <> current_user::regrole
    ORDER BY name";

/// Lists the statements that grant a role the rights that it needs on each table, and revoke all
/// others.
const GRANTS: &str = "
    home AS (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    SELECT format('GRANT USAGE ON SCHEMA %s TO %I', oid::regnamespace, $1) AS statement
    FROM home WHERE NOT has_schema_privilege($1, oid, 'USAGE')
    UNION ALL
    SELECT format(CASE WHEN is_needed THEN 'GRANT %s ON TABLE %s TO %I' ELSE 'REVOKE %s ON TABLE %s FROM %I' END,
                  privilege, pg_class.oid::regclass, $1)
    FROM needed JOIN pg_class ON relname = name JOIN home ON home.oid = relnamespace
        CROSS JOIN unnest('{SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER}'::text[]) AS privilege
        CROSS JOIN LATERAL (SELECT privilege = ANY (privileges || of_commands)) AS answer (is_needed)
    WHERE has_table_privilege($1, pg_class.oid, privilege) <> is_needed";

/// Why the role cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// No connection could be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Rights are missing.
    #[error(
        "the database role {role} lacks rights to the tables: {first}{more}; the owner of the tables must GRANT them, or connect \
         as the owner"
    )]
    Missing {
        /// The role.
        role: String,
        /// The first missing right.
        first: String,
        /// The number of further rights, as text.
        more: String,
    },
    /// Another role owns tables.
    #[error("the migrating role {role} does not own table {first}{more}")]
    NotOwned {
        /// The role.
        role: String,
        /// The first of these tables.
        first: String,
        /// The number of further tables, as text.
        more: String,
    },
    /// The query failed.
    #[error("the rights of the database role cannot be read: {0}")]
    Unreadable(String),
    /// The rights could not be granted.
    #[error("rights cannot be granted to the database role {role}: {reason}")]
    NotGranted {
        /// The role.
        role: String,
        /// Postgres's error message about our SQL.
        reason: String,
    },
}

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    missing: String,
}

/// Checks that the role has the rights that the service needs. Ignores tables that do not exist.
///
/// # Errors
///
/// If a right is missing, or the rights cannot be read.
pub fn check_rights(database: &Database) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    match first_missing(&mut pg, &format!("WITH {NEEDED_RIGHTS}, {MISSING}"))? {
        None => Ok(()),
        Some((role, first, more)) => Err(RightsError::Missing { role, first, more }),
    }
}

/// Checks that the role owns the tables, so that it can migrate them. Ignores tables that do not
/// exist.
///
/// # Errors
///
/// If another role owns a table, or the owners cannot be read.
pub fn check_ownership(database: &Database) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    match first_missing(&mut pg, &format!("WITH {NEEDED_RIGHTS} {FOREIGN}"))? {
        None => Ok(()),
        Some((role, first, more)) => Err(RightsError::NotOwned { role, first, more }),
    }
}

/// Returns the role, the first missing item, and the number of further items as text.
fn first_missing(
    pg: &mut PqConnection,
    query: &str,
) -> Result<Option<(String, String, String)>, RightsError> {
    let missing: Vec<Missing> = diesel::sql_query(query)
        .load(pg)
        // The text is Postgres's message about our SQL, so it contains no personal data.
        .map_err(|error| RightsError::Unreadable(error.to_string()))?;
    let others = missing.len().saturating_sub(1);
    let more = if others == 0 { String::new() } else { format!(" and {others} more") };
    Ok(missing.into_iter().next().map(|Missing { role, missing }| (role, missing, more)))
}

#[derive(QueryableByName)]
struct Grant {
    #[diesel(sql_type = Text)]
    statement: String,
}

/// Grants `role` the rights that the service and the staff's commands need, and no others.
/// `database` must connect as the owner of the tables. A second call changes nothing.
///
/// # Errors
///
/// If the database refuses.
pub fn grant_rights(database: &Database, role: &str) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    pg.transaction(|pg| {
        // Without the lock, one of two simultaneous calls would fail.
        pg.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", advisory_locks::GRANT))?;
        let query = diesel::sql_query(format!("WITH {NEEDED_RIGHTS}, {GRANTS}")).bind::<Text, _>(role);
        for Grant { statement } in query.load(pg)? {
            pg.batch_execute(&statement)?;
        }
        Ok(())
    })
    .map_err(|error: diesel::result::Error| {
        let (role, reason) = (role.to_owned(), error.to_string());
        RightsError::NotGranted { role, reason }
    })
}
