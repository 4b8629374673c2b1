//! Connecting to the database.

use std::fmt;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz};

use super::clock::{DatabaseClock, since_start};
use super::connect_error::{ConnectError, reason};
use super::libpq::{ConnInfo, ConnectFailure, InvalidConnInfo, PqConnection};
use super::limits::StatementLimits;
use super::place::Place;
use super::plan_cache_mode::PlanCacheMode;
use super::start_connection::{StartConnection, StartConnections};

/// Connection parameters that apply unless the connection string sets them. With these, the kernel
/// detects within half a minute that the server of an idle connection is gone, and within 15 s that
/// sent data does not arrive.
const DEFAULTS: [(&str, &str); 6] = [
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
    ("fallback_application_name", "sihha"),
    ("client_encoding", "UTF8"),
];

/// A database and a schema in it. It has no `Debug`, because the connection string may contain a
/// password.
#[derive(Clone)]
pub struct Database {
    info: ConnInfo,
    place: Place,
    schema: Option<String>,
    plan_cache_mode: PlanCacheMode,
    clock: Arc<DatabaseClock>,
    start_connections: StartConnections,
    /// Index of the server to try first.
    first: Arc<AtomicUsize>,
}

impl Database {
    /// Parses a connection string: a URL (`postgres://…`) or keywords (`host=… dbname=…`).
    ///
    /// # Errors
    ///
    /// If libpq cannot parse the string.
    pub fn parse(text: &str) -> Result<Self, InvalidConnInfo> {
        let mut info = ConnInfo::parse(text)?;
        let place = Place::new(text, &info);
        for (keyword, value) in DEFAULTS {
            info.set_default(keyword, value);
        }
        // The client reads text as UTF-8, so the string and the environment must not change this.
        info.set("client_encoding", "UTF8");
        Ok(Self {
            info,
            place,
            schema: None,
            plan_cache_mode: PlanCacheMode::default(),
            clock: Arc::new(DatabaseClock::new()),
            start_connections: StartConnections::default(),
            first: Arc::default(),
        })
    }

    /// Returns the paths of the Unix sockets that the connection string names.
    #[must_use]
    pub fn sockets(&self) -> Vec<PathBuf> {
        let mut ports = self.info.get("port").unwrap_or("5432").split(',');
        let mut port = ports.next().unwrap_or_default();
        let hosts = self.info.get("host").unwrap_or_default().split(',').map(|host| {
            let name = format!(".s.PGSQL.{port}");
            port = ports.next().unwrap_or(port);
            (Path::new(host), name)
        });
        hosts.filter(|(folder, _)| folder.is_absolute()).map(|(folder, name)| folder.join(name)).collect()
    }

    /// Returns whether the connection string contains a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.info.get("password").is_some()
    }

    /// Returns whether connections leave this machine without checking the server's certificate, so that
    /// another server could read them or answer in its place.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let hosts = self.info.get("hostaddr").or(self.info.get("host")).unwrap_or_default();
        let is_local = |host: &str| {
            let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
            matches!(host, "" | "localhost")
                || host.starts_with(['/', '@'])
                || host.parse().is_ok_and(is_loopback)
        };
        // libpq takes it from the environment as well.
        let mode = self.info.get("sslmode").map(str::to_owned).or_else(|| std::env::var("PGSSLMODE").ok());
        mode.as_deref() != Some("verify-full") && !hosts.split(',').all(is_local)
    }

    /// Makes all connections plan prepared statements in this mode.
    #[must_use]
    pub const fn with_plan_cache_mode(mut self, mode: PlanCacheMode) -> Self {
        self.plan_cache_mode = mode;
        self
    }

    /// Makes all connections use only this schema.
    pub(super) fn with_schema(mut self, schema: String) -> Self {
        self.schema = Some(schema);
        self.start_connections.set(&self.search_path());
        self
    }

    /// Returns a connection for a step of the start.
    pub(super) fn start_connection(&self) -> Result<StartConnection, ConnectError> {
        self.start_connections.take(|| self.connect(&StatementLimits::COMMANDS))
    }

    /// Closes the connection that the steps of the start share.
    pub(super) fn close_start_connection(&self) {
        self.start_connections.close();
    }

    /// Returns the schema that connections use, once it is known.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Returns the database's clock. Each connection sets it when it asks for the time.
    #[must_use]
    pub fn clock(&self) -> Arc<DatabaseClock> {
        Arc::clone(&self.clock)
    }

    /// Returns whether the server accepts writes on this connection. Reads the server's time as
    /// well, and sets the clock.
    pub(super) fn accepts_writes(&self, pg: &mut PqConnection) -> QueryResult<bool> {
        const QUESTION: &str = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' \
            AS accepts_writes, clock_timestamp() AS time";
        #[derive(QueryableByName)]
        struct Answer {
            #[diesel(sql_type = Bool)]
            accepts_writes: bool,
            #[diesel(sql_type = Timestamptz)]
            time: DateTime<Utc>,
        }
        let sent = since_start();
        let Answer { accepts_writes, time } = diesel::sql_query(QUESTION).get_result(pg)?;
        self.clock.set(time, sent);
        Ok(accepts_writes)
    }

    /// Opens a connection, preferably to a server that accepts writes.
    pub(super) fn connect(&self, limits: &StatementLimits) -> Result<PqConnection, ConnectError> {
        self.connect_to_write(limits).map(|(pg, _)| pg)
    }

    /// Opens a connection, and returns whether it accepts writes.
    ///
    /// Connects to the first server that answers, matches `target_session_attrs` and accepts
    /// writes. If none accepts writes, connects to one that answers.
    ///
    /// Starts with the server that was found the last time, and not with one that timed out, so
    /// that a dead host costs its timeout only once.
    pub(super) fn connect_to_write(
        &self,
        limits: &StatementLimits,
    ) -> Result<(PqConnection, bool), ConnectError> {
        let servers = self.servers();
        let first = self.first.load(Ordering::Relaxed);
        let mut read_only = None;
        let mut error = self.connect_error(&ConnectFailure::new("could not translate host name to address"));
        for index in (first..).take(servers.len()) {
            let limit = self.connect_limit(limits, servers.len());
            match PqConnection::connect(&servers[index % servers.len()], limit) {
                Ok(pg) => match self.set_up(pg, limits) {
                    Ok((pg, true)) => {
                        self.first.store(index % servers.len(), Ordering::Relaxed);
                        return Ok((pg, true));
                    }
                    Ok((pg, false)) => read_only = read_only.or(Some(pg)),
                    Err(new) => error = new,
                },
                Err(failure) => {
                    if failure.timed_out {
                        self.skip_server(index);
                    }
                    error = self.connect_error(&failure);
                }
            }
        }
        read_only.map(|pg| (pg, false)).ok_or(error)
    }

    /// Makes the next attempt start with another server, unless a server was found in the meantime.
    fn skip_server(&self, index: usize) {
        let next = index.wrapping_add(1);
        let _ = self.first.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn set_up(
        &self,
        mut pg: PqConnection,
        limits: &StatementLimits,
    ) -> Result<(PqConnection, bool), ConnectError> {
        pg.set_limit(Some(limits.statement));
        let mode = self.plan_cache_mode.as_str();
        let settings = format!("{}; SET plan_cache_mode = {mode}; {}", limits.settings(), self.search_path());
        let accepts_writes = pg.batch_execute(&settings).and_then(|()| self.accepts_writes(&mut pg));
        match accepts_writes {
            Ok(accepts_writes) => Ok((pg, accepts_writes)),
            Err(error) => Err(self.error_of(&pg, &error)),
        }
    }

    fn connect_error(&self, failure: &ConnectFailure) -> ConnectError {
        if self.place.is_plain {
            tracing::debug!(sqlstate = failure.code(), error = failure.message, "connection failed");
        }
        ConnectError::new(&self.place, reason(failure), true, failure.sqlstate)
    }

    /// Converts the error of a statement on a new connection.
    pub(super) fn error_of(&self, pg: &PqConnection, error: &diesel::result::Error) -> ConnectError {
        let sqlstate = pg.last_error();
        if pg.is_broken() {
            return ConnectError::new(&self.place, "the connection broke", false, sqlstate);
        }
        tracing::debug!(%error, "settings of a new connection refused");
        ConnectError::new(&self.place, "the server refuses the connection's settings", true, sqlstate)
    }

    pub(super) fn error(&self, reason: &'static str) -> ConnectError {
        ConnectError::new(&self.place, reason, true, None)
    }

    fn search_path(&self) -> String {
        // `pg_temp` is last, so that a temporary table never hides one of our tables.
        let path = |schema: &String| format!("SET search_path = {}, pg_temp", quote_identifier(schema));
        self.schema.as_ref().map(path).unwrap_or_default()
    }

    /// Returns the maximum time to connect to one server: `connect_timeout` of the connection
    /// string, where 0 means that it is not set, or else an equal share of the limit.
    fn connect_limit(&self, limits: &StatementLimits, servers: usize) -> Duration {
        let share = limits.connect / u32::try_from(servers).unwrap_or(u32::MAX);
        if limits.is_prompt {
            return share;
        }
        let seconds = self.info.get("connect_timeout").and_then(|text| text.trim().parse::<u64>().ok());
        let seconds = seconds.filter(|seconds| *seconds > 0);
        seconds.map_or(share.max(Duration::from_secs(1)), Duration::from_secs)
    }

    /// Returns the parameters of each server, in the order to try them. libpq could try several
    /// servers, but it has no timeout for a server that does not answer.
    fn servers(&self) -> Vec<ConnInfo> {
        let info = &self.info;
        let is_libpqs =
            ["hostaddr", "service", "load_balance_hosts"].iter().any(|key| info.get(key).is_some())
                || info.get("target_session_attrs") == Some("prefer-standby");
        let Some(hosts) = info.get("host").filter(|_| !is_libpqs) else { return vec![info.clone()] };
        let ports: Vec<&str> = info.get("port").unwrap_or_default().split(',').collect();
        let port = |index: usize| if ports.len() == 1 { ports[0] } else { ports.get(index).unwrap_or(&"") };
        let servers = |(index, host): (usize, &str)| {
            let port = if port(index).is_empty() { "5432" } else { port(index) };
            let mut server = info.clone();
            server.set("host", host);
            server.set("port", port);
            let is_socket = host.is_empty() || host.starts_with(['/', '@']);
            let (false, Ok(number)) = (is_socket, port.parse::<u16>()) else { return vec![server] };
            let addresses = (host, number).to_socket_addrs().into_iter().flatten();
            addresses
                .map(|address| {
                    let mut server = server.clone();
                    server.set("hostaddr", &address.ip().to_string());
                    server
                })
                .collect()
        };
        hosts.split(',').enumerate().flat_map(servers).collect()
    }
}

impl fmt::Display for Database {
    /// Writes host, port and name, but no user and no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.text)
    }
}

/// Quotes an identifier for SQL (PostgreSQL manual, 4.1.1).
pub(super) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_is_tried_by_its_address() {
        let servers = Database::parse("postgres://u@127.0.0.1:1,[::1]:2/db").unwrap().servers();
        let places: Vec<_> = servers.iter().map(|one| (one.get("hostaddr"), one.get("port"))).collect();
        assert_eq!(places, [(Some("127.0.0.1"), Some("1")), (Some("::1"), Some("2"))]);
        let sockets = Database::parse("host=/a,/b dbname=db").unwrap().servers();
        let hosts: Vec<_> = sockets.iter().map(|one| one.get("host")).collect();
        assert_eq!(hosts, [Some("/a"), Some("/b")]);
    }

    #[test]
    fn a_connection_is_exposed_unless_it_stays_here_or_checks_the_certificate() {
        for (url, is_exposed) in [
            ("postgres://u@db.example.org/sihha", true),
            ("postgres://u@db.example.org/sihha?sslmode=require", true),
            ("postgres://u@localhost,10.0.0.7/sihha", true),
            ("host=localhost hostaddr=10.0.0.7", true),
            ("postgres://u@db.example.org/sihha?sslmode=verify-full", false),
            ("postgres://u@localhost,127.0.0.1,[::1]:5433/sihha", false),
            ("host=db.example.org hostaddr=127.0.0.1", false),
            ("postgres:///sihha?host=/run/postgresql", false),
            ("dbname=sihha", false),
        ] {
            assert_eq!(Database::parse(url).unwrap().is_exposed(), is_exposed, "{url}");
        }
    }
}
