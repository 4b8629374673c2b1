//! Card numbers that were different in earlier releases and are the same now.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::libpq::PqConnection;

/// Version of the migration that makes card numbers unique regardless of case and separators.
pub(super) const MIGRATION: &str = "20261128150000";

const INDEX: &str = include_str!("../../../../migrations/2026-11-28-150000_carte_id_canonical/up.sql");

#[derive(QueryableByName)]
struct Group {
    #[diesel(sql_type = Text)]
    accounts: String,
}

/// Returns the accounts that have the same card number, one line for each number. Reads the table
/// and changes nothing.
pub(super) fn find(pg: &mut PqConnection) -> QueryResult<Vec<String>> {
    let canonical = INDEX
        .split_once("ON profiles (")
        .and_then(|(_, rest)| rest.rsplit_once(" COLLATE"))
        .map_or("carte_id", |(expression, _)| expression);
    let groups = diesel::sql_query(format!(
        "SELECT string_agg(format('%s (%s %s)', carte_id, role, id), ', ' ORDER BY id) AS accounts \
         FROM profiles GROUP BY {canonical} HAVING count(*) > 1 ORDER BY min(id::text)"
    ));
    let groups = groups.load::<Group>(pg)?;
    Ok(groups.into_iter().map(|group| group.accounts.escape_debug().to_string()).collect())
}
