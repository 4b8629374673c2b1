//! An existing Postgres, which `TEST_DATABASE_URL` names.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use sihha_domain::clock::Clock;
use sihha_infra::system::SystemClock;

/// Password of the roles that tests create. Only a given server asks for it.
pub(crate) const PASSWORD: &str = "sihha";

/// A server that the tests did not start. Their databases and roles have a prefix, and are dropped
/// with the value.
pub(crate) struct GivenServer {
    /// URL of a database, as a role that may create databases and roles.
    pub(crate) url: String,
    /// Beginning of the names of databases and roles. It is unique, because several test processes
    /// may use the server.
    pub(crate) prefix: String,
}

impl GivenServer {
    /// Returns the server of the environment, if it names one.
    pub(crate) fn from_environment() -> Option<Self> {
        let url = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())?;
        let started = SystemClock.now().timestamp_micros();
        Some(Self { url, prefix: format!("sihha_test_{}_{started}_", std::process::id()) })
    }
}

impl Drop for GivenServer {
    // Ignores failures, because a panic while panicking would hide the first one.
    fn drop(&mut self) {
        let Ok(mut pg) = PgConnection::establish(&self.url) else { return };
        let Self { prefix, .. } = self;
        for (list, drop) in [
            ("SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, $1)", "DATABASE"),
            ("SELECT rolname::text AS name FROM pg_roles WHERE starts_with(rolname, $1)", "ROLE"),
        ] {
            let options = if drop == "DATABASE" { "WITH (FORCE)" } else { "" };
            for name in names(&mut pg, list, prefix) {
                let _ = pg.batch_execute(&format!("DROP {drop} {name} {options}"));
            }
        }
    }
}

fn names(pg: &mut PgConnection, query: &str, prefix: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows = diesel::sql_query(query).bind::<Text, _>(prefix).load::<Row>(pg);
    rows.unwrap_or_default().into_iter().map(|row| row.name).collect()
}

/// Returns `url` with another database.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (server, tail) = url.split_at(end_of_server(url));
    let options = tail.find('?').map_or("", |at| &tail[at..]);
    format!("{server}/{name}{options}")
}

/// Returns `url` with another user, with `:password` if it needs one.
pub(crate) fn with_user(url: &str, user: &str) -> String {
    let (server, tail) = url.split_at(end_of_server(url));
    let (scheme, server) = server.split_once("://").expect("a URL");
    let host = server.rsplit_once('@').map_or(server, |(_, host)| host);
    format!("{scheme}://{user}@{host}{tail}")
}

fn end_of_server(url: &str) -> usize {
    let start = url.find("://").expect("a URL") + "://".len();
    url[start..].find(['/', '?']).map_or(url.len(), |at| start + at)
}
