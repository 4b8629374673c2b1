//! Reaching the database, and noticing when it is gone.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{Connection, ConnectionError, QueryResult};
use secrecy::{ExposeSecret, SecretString};
use sihha_domain::store::StoreError;

use super::errors::store_error;

/// Limits for libpq: seconds to reach the server, and milliseconds until a silent network counts as gone.
const TIMEOUTS: [&str; 2] = ["connect_timeout=5", "tcp_user_timeout=15000"];

/// The same for the connection that asks whether the server is there: 2 seconds is libpq's least.
const PROBE_TIMEOUTS: [&str; 2] = ["connect_timeout=2", "tcp_user_timeout=2000"];

/// How long a statement may wait, and run. One of ours takes a millisecond; one that takes longer waits for a lock or a
/// sick disk, and must not hold its connection for ever.
#[derive(Debug, Clone, Copy)]
pub struct StatementLimits {
    /// Maximum wait for each lock of a row or a table.
    pub lock: Duration,
    /// Maximum time of a statement.
    pub statement: Duration,
    /// Maximum time that a transaction may stand idle with its locks held.
    pub idle_in_transaction: Duration,
}

impl StatementLimits {
    /// For requests. Two uses of one row at the same moment wait for each other's commit, a few milliseconds. What takes
    /// longer is another transaction that was left open, and would keep threads from other accounts' requests.
    pub const REQUESTS: Self = Self {
        lock: Duration::from_millis(100),
        statement: Duration::from_secs(5),
        idle_in_transaction: Duration::from_secs(5),
    };

    /// For commands: a person waits, and nobody else.
    pub const COMMANDS: Self = Self {
        lock: Duration::from_secs(5),
        statement: Duration::from_secs(10),
        idle_in_transaction: Duration::from_secs(20),
    };

    /// What a pooled connection sets. All statements find their rows by keys, so one plan is as good as another made for
    /// the values; left to itself Postgres makes a new one for each list of one session, which takes five times as long as
    /// the read, as soon as its statistics say that it might pay.
    fn settings(&self) -> String {
        let Self { lock, statement, idle_in_transaction } = self;
        format!(
            "SET lock_timeout = {}; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}; SET client_min_messages = 'warning'; \
             SET plan_cache_mode = 'force_generic_plan'",
            lock.as_millis(),
            statement.as_millis(),
            idle_in_transaction.as_millis(),
        )
    }
}

/// Where the database is. Never printed: the URL may hold a password.
#[derive(Clone)]
pub struct Database {
    conninfo: SecretString,
    /// The same with [`PROBE_TIMEOUTS`].
    probe: SecretString,
    place: String,
}

impl Database {
    /// The database of that URL (`postgres://…`) or of those keywords (`host=… dbname=…`), as libpq reads
    /// them.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let (conninfo, probe) = (with_timeouts(url, TIMEOUTS), with_timeouts(url, PROBE_TIMEOUTS));
        Self { conninfo: conninfo.into(), probe: probe.into(), place: place(url) }
    }

    /// Opens a connection.
    pub(super) fn connect(&self) -> Result<PgConnection, ConnectError> {
        self.establish(&self.conninfo)
    }

    /// Opens a connection that is given up soon.
    pub(super) fn connect_to_probe(&self) -> Result<PgConnection, ConnectError> {
        self.establish(&self.probe)
    }

    fn establish(&self, conninfo: &SecretString) -> Result<PgConnection, ConnectError> {
        PgConnection::establish(conninfo.expose_secret()).map_err(|error| ConnectError {
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

/// `url` with those of the timeouts that it does not set itself.
fn with_timeouts(url: &str, timeouts: [&str; 2]) -> String {
    let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let mut conninfo = url.to_owned();
    for timeout in
        timeouts.iter().filter(|timeout| !url.contains(timeout.split('=').next().unwrap_or(timeout)))
    {
        let separator = match (is_url, conninfo.contains('?')) {
            (true, false) => '?',
            (true, true) => '&',
            (false, _) => ' ',
        };
        conninfo.push(separator);
        conninfo.push_str(timeout);
    }
    conninfo
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
    limits: StatementLimits,
    pub(super) lock_watch: Arc<LockWatch>,
    /// How long the last statement that failed had taken.
    failed_after: Duration,
}

/// When a statement of a batch last met a row that another transaction had locked.
#[derive(Debug, Default)]
pub(super) struct LockWatch(Mutex<Option<Instant>>);

impl LockWatch {
    /// How long batches are careful after they met a lock: what an operator holds is held for seconds and more.
    const LASTS: Duration = Duration::from_mins(1);

    /// Notes that a lock was met.
    pub(super) fn met(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether none was met lately.
    pub(super) fn is_quiet(&self) -> bool {
        let met = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.is_none_or(|met| met.elapsed() > Self::LASTS)
    }
}

impl Link {
    /// Runs `query`, and notes if the connection broke by it.
    pub(super) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let started = Instant::now();
        let outcome = query(&mut self.pg);
        if let Err(error) = &outcome {
            self.failed_after = started.elapsed();
            // The server's farewell ("terminating connection …") has no kind of its own in Diesel.
            let unknown = matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, _));
            self.broken |= is_gone(error) || (unknown && self.pg.ping().as_ref().is_err_and(is_gone));
        }
        outcome
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// What the error of the last statement means.
    ///
    /// Diesel keeps SQLSTATE to itself (55P03 and 57014 are `Unknown`), and the server writes its message in a language of
    /// its own. So the time tells: Postgres gives up a wait when exactly that is over, and other errors come at once.
    pub(super) fn store_error(&self, error: &DieselError) -> StoreError {
        let is_unknown = matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, _));
        if self.broken {
            StoreError::Unavailable("the connection to the database broke")
        } else if is_unknown && self.failed_after >= self.limits.statement {
            StoreError::Unavailable("a statement took too long")
        } else if is_unknown && self.failed_after >= self.limits.lock {
            StoreError::Locked
        } else {
            store_error(error)
        }
    }
}

fn is_gone(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, DieselError::DatabaseError(ClosedConnection | UnableToSendCommand, _))
}

/// Makes connections for the pool.
pub(super) struct Manager {
    pub(super) database: Database,
    pub(super) limits: StatementLimits,
    pub(super) lock_watch: Arc<LockWatch>,
    /// Whether the last attempt to connect failed.
    pub(super) away: Arc<AtomicBool>,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Link;
    type Error = ConnectError;

    fn connect(&self) -> Result<Link, ConnectError> {
        let mut pg = self.database.connect()?;
        pg.batch_execute(&self.limits.settings()).map_err(|_| self.database.broke_off())?;
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the database is back");
        }
        Ok(Link {
            pg,
            broken: false,
            limits: self.limits,
            lock_watch: Arc::clone(&self.lock_watch),
            failed_after: Duration::ZERO,
        })
    }

    fn is_valid(&self, link: &mut Link) -> Result<(), ConnectError> {
        link.run(R2D2Connection::ping).map_err(|_| self.database.broke_off())
    }

    /// Asked when a connection comes back: a broken one is replaced.
    fn has_broken(&self, link: &mut Link) -> bool {
        link.broken || link.pg.is_broken()
    }
}
