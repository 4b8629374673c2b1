use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::connect_error::ConnectError;
use super::database::Database;

/// Returns the maximum number of connections of this role: the smallest limit of the server, the
/// database and the role. Open connections are not subtracted.
///
/// # Errors
///
/// If the database cannot be queried.
pub fn allowed_connections(database: &Database) -> Result<u32, ConnectError> {
    const QUESTION: &str = "SELECT least( \
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
            - coalesce(current_setting('reserved_connections', true), '0')::int, \
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user), \
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())) AS allowed";
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Integer)]
        allowed: i32,
    }
    let mut pg = database.start_connection()?;
    let answer = diesel::sql_query(QUESTION).get_result::<Answer>(&mut *pg);
    let answer = answer.map_err(|error| database.error_of(&pg, &error))?;
    Ok(u32::try_from(answer.allowed).unwrap_or(0))
}
