//! Reaching the database, and noticing when it is gone.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{Connection, ConnectionError, QueryResult};
use secrecy::{ExposeSecret, SecretString};

/// Limits for libpq: seconds to reach the server, and milliseconds until a silent network counts as gone.
const TIMEOUTS: [&str; 2] = ["connect_timeout=5", "tcp_user_timeout=15000"];

/// What every pooled connection sets. A statement of ours takes a millisecond; one that takes seconds waits
/// for a lock or a sick disk, and must not hold its connection for ever. All find their rows by keys, so one plan is as good as
/// another made for the values; left to itself Postgres makes a new one for each list of one session, which takes five
/// times as long as the read, as soon as its statistics say that it might pay.
const SESSION_SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '20s'; SET client_min_messages = 'warning'; \
     SET plan_cache_mode = 'force_generic_plan'";

/// Where the database is. Never printed: the URL may hold a password.
#[derive(Clone)]
pub struct Database {
    conninfo: SecretString,
    place: String,
}

impl Database {
    /// The database of that URL (`postgres://…`) or of those keywords (`host=… dbname=…`), as libpq reads
    /// them.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let mut conninfo = url.to_owned();
        for timeout in
            TIMEOUTS.iter().filter(|timeout| !url.contains(timeout.split('=').next().unwrap_or(timeout)))
        {
            let separator = match (is_url, conninfo.contains('?')) {
                (true, false) => '?',
                (true, true) => '&',
                (false, _) => ' ',
            };
            conninfo.push(separator);
            conninfo.push_str(timeout);
        }
        Self { conninfo: conninfo.into(), place: place(url) }
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> Result<PgConnection, ConnectError> {
        PgConnection::establish(self.conninfo.expose_secret()).map_err(|error| ConnectError {
            place: self.place.clone(),
            reason: reason(&error),
            unreachable: !matches!(error, ConnectionError::CouldntSetupConfiguration(_)),
        })
    }

    fn broke_off(&self) -> ConnectError {
        ConnectError { place: self.place.clone(), reason: "the connection broke off", unreachable: false }
    }
}

impl fmt::Display for Database {
    /// Host, port and name; no user, no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

fn place(conninfo: &str) -> String {
    let unnamed = || "the database of DATABASE_URL".to_owned();
    let Ok(url) = url::Url::parse(conninfo) else { return unnamed() };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return unnamed() };
    if let Some(folder) = host.starts_with("%2F").then(|| host.replace("%2F", "/")) {
        return format!("the database at the socket in {folder}");
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    // In a URL that is not escaped right, a part of the password can stand here.
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c));
    format!("the database at {host}{port}{}", Some(url.path()).filter(plain).unwrap_or_default())
}

/// Why no connection came about. One line for people, with nothing secret in it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot reach {place}: {reason}")]
pub struct ConnectError {
    place: String,
    reason: &'static str,
    /// Whether the server could not be reached at all; else it was, and the connection broke again.
    pub(super) unreachable: bool,
}

/// Known kinds of refusal; the text itself may name users, and is in the server's language.
fn reason(error: &ConnectionError) -> &'static str {
    let text = match error {
        ConnectionError::BadConnection(text) => text,
        ConnectionError::CouldntSetupConfiguration(_) => return "the connection broke off",
        _ => return "its URL is not valid",
    };
    let known = [
        ("could not translate host name", "its host name is unknown"),
        ("Connection refused", "nothing listens there; is the server running?"),
        ("No such file or directory", "its socket does not exist; is the server running?"),
        ("timeout expired", "no answer within the time limit"),
        ("Network is unreachable", "the network is unreachable"),
        ("No route to host", "there is no route to the host"),
        ("password authentication failed", "user or password is wrong"),
        ("no password supplied", "a password is needed"),
        ("Peer authentication failed", "the system's user is not allowed in as this role"),
        ("no pg_hba.conf entry", "the server lets nobody in from here as this user"),
        ("does not exist", "the user or the database does not exist"),
        ("starting up", "the server is starting up"),
        ("shutting down", "the server is shutting down"),
        ("too many", "the server has no connection left"),
        ("remaining connection slots", "the server has no connection left"),
        ("SSL", "no agreement on TLS"),
        ("missing \"=\"", "its URL is not valid"),
        ("invalid", "its URL is not valid"),
    ];
    known
        .into_iter()
        .find(|(part, _)| text.contains(part))
        .map_or("the server refused the connection", |(_, reason)| reason)
}

/// A pooled connection that remembers whether it broke.
pub(super) struct Link {
    pg: PgConnection,
    broken: bool,
}

impl Link {
    /// Runs `query`, and notes if the connection broke by it.
    pub(super) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let outcome = query(&mut self.pg);
        if let Err(error) = &outcome {
            // The server's farewell ("terminating connection …") has no kind of its own in Diesel.
            let unknown = matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, _));
            self.broken |= is_gone(error) || (unknown && self.pg.ping().as_ref().is_err_and(is_gone));
        }
        outcome
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }
}

fn is_gone(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, DieselError::DatabaseError(ClosedConnection | UnableToSendCommand, _))
}

/// Makes connections for the pool.
pub(super) struct Manager {
    pub(super) database: Database,
    /// Whether the last attempt to connect failed.
    pub(super) away: Arc<AtomicBool>,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Link;
    type Error = ConnectError;

    fn connect(&self) -> Result<Link, ConnectError> {
        let mut pg = self.database.connect()?;
        pg.batch_execute(SESSION_SETTINGS).map_err(|_| self.database.broke_off())?;
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the database is back");
        }
        Ok(Link { pg, broken: false })
    }

    fn is_valid(&self, link: &mut Link) -> Result<(), ConnectError> {
        link.run(R2D2Connection::ping).map_err(|_| self.database.broke_off())
    }

    /// Asked when a connection comes back: a broken one is replaced.
    fn has_broken(&self, link: &mut Link) -> bool {
        link.broken || link.pg.is_broken()
    }
}
