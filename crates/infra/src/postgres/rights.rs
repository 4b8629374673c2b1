//! The rights that the service needs in the database: whether the role that connects has them, and how it gets them.
//!
//! Without the question, a start would fail with what Postgres says of the first table, or succeed, and each request fail.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::advisory_locks;
use super::connect_error::ConnectError;
use super::database::Database;
use super::libpq::PqConnection;

/// The tables, what the service does with them, and what the staff's commands do beside.
const NEEDED: &str = "needed (name, privileges, of_commands) AS (VALUES
        ('__diesel_schema_migrations', '{SELECT}'::text[], '{}'::text[]),
        ('specialites', '{SELECT}', '{}'),
        ('sessions', '{SELECT, INSERT, UPDATE, DELETE}', '{}'),
        ('profiles', '{SELECT, INSERT, UPDATE}', '{}'), ('passwords', '{SELECT, INSERT, UPDATE}', '{}'),
        ('patients', '{SELECT, INSERT, UPDATE}', '{}'), ('doctors', '{SELECT, INSERT, UPDATE}', '{}'),
        ('hospitals', '{SELECT, INSERT, UPDATE}', '{}'), ('labos', '{SELECT, INSERT, UPDATE}', '{}'),
        ('approvals', '{SELECT, INSERT}', '{UPDATE}'), ('approval_events', '{}', '{SELECT, INSERT}'),
        ('suspensions', '{SELECT}', '{INSERT, UPDATE}'), ('signing_keys', '{SELECT, INSERT, UPDATE}', '{}')
    )";

/// A role that owns the tables has every right. Where a right is given for columns alone, that is taken to be on purpose.
///
/// Only tables of the schema that the connection works in are looked at, or one that it would, if it were allowed to use it.
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

/// Tables that belong to another role than the one that asks.
const FOREIGN: &str = "
    SELECT current_user::text AS role, name AS missing
    FROM needed JOIN pg_class ON relname = name JOIN pg_namespace AS home ON home.oid = relnamespace
    WHERE nspname = current_schema() AND relowner <> current_user::regrole
    ORDER BY name";

/// The statements by which a role gets what it needs on each table, and loses what it does not need.
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
    /// Another role owns tables.
    #[error("table {first}{more} not owned by {role}, who migrates")]
    NotOwned {
        /// Who should own them.
        role: String,
        /// One of them.
        first: String,
        /// How many there are beside it, in words.
        more: String,
    },
    /// The question failed.
    #[error("the rights of the database's role cannot be read: {0}")]
    Unreadable(String),
    /// They could not be granted.
    #[error("the role {role} cannot be granted its rights: {reason}")]
    NotGranted {
        /// Who lacks them.
        role: String,
        /// Postgres's complaint about our own SQL.
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

/// Checks that the role may do with each table what the service does. Says nothing of tables that are not there.
pub fn check_rights(database: &Database) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    match ask(&mut pg, &format!("WITH {NEEDED}, {MISSING}"))? {
        None => Ok(()),
        Some((role, first, more)) => Err(RightsError::Missing { role, first, more }),
    }
}

/// Checks that the role owns the tables, so that it can migrate them. Says nothing of tables that are not there.
///
/// # Errors
///
/// If it does not.
pub fn check_ownership(database: &Database) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    match ask(&mut pg, &format!("WITH {NEEDED} {FOREIGN}"))? {
        None => Ok(()),
        Some((role, first, more)) => Err(RightsError::NotOwned { role, first, more }),
    }
}

/// Returns the role, the first thing that it misses, and how many there are beside it.
fn ask(pg: &mut PqConnection, question: &str) -> Result<Option<(String, String, String)>, RightsError> {
    let missing: Vec<Missing> = diesel::sql_query(question)
        .load(pg)
        // The text is Postgres's complaint about our own SQL: no person's data.
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

/// Grants `role` the rights that the service and the staff's commands need, and no others. `database` is for the owner of the
/// tables. Changes nothing the second time.
///
/// # Errors
///
/// If the database refuses.
pub fn grant_rights(database: &Database, role: &str) -> Result<(), RightsError> {
    let mut pg = database.start_connection()?;
    pg.transaction(|pg| {
        // Of two that grant simultaneously, the server would let one fail.
        pg.batch_execute(&format!("SELECT pg_advisory_xact_lock({})", advisory_locks::GRANT))?;
        let query = diesel::sql_query(format!("WITH {NEEDED}, {GRANTS}")).bind::<Text, _>(role);
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
