//! Reaching the database.

use std::fmt;
use std::net::ToSocketAddrs;
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
use super::start_connection::{StartConnection, StartConnections};

/// What libpq is asked for where the connection string does not say otherwise: the kernel notices within half a minute
/// that a server is gone while nothing is asked, and within 15 s that nothing that was sent arrives.
const DEFAULTS: [(&str, &str); 6] = [
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
    ("fallback_application_name", "sihha"),
    ("client_encoding", "UTF8"),
];

/// A database, and the schema in it. Never printed as a whole: the connection string may hold a password.
#[derive(Clone)]
pub struct Database {
    info: ConnInfo,
    place: Place,
    schema: Option<String>,
    clock: Arc<DatabaseClock>,
    start_connections: StartConnections,
    /// Where in the list of servers to begin.
    first: Arc<AtomicUsize>,
}

/// Where a database is, in words.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) text: String,
    /// Whether libpq's messages, which name hosts and ports, can hold no part of a password.
    pub(super) is_plain: bool,
}

impl Database {
    /// Reads a connection string: a URL (`postgres://…`) or keywords (`host=… dbname=…`).
    ///
    /// # Errors
    ///
    /// If libpq cannot read it.
    pub fn parse(text: &str) -> Result<Self, InvalidConnInfo> {
        let mut info = ConnInfo::parse(text)?;
        let place = Place::new(text, &info);
        for (keyword, value) in DEFAULTS {
            info.set_default(keyword, value);
        }
        // Texts are read as UTF-8, whatever the string or the environment says.
        info.set("client_encoding", "UTF8");
        Ok(Self {
            info,
            place,
            schema: None,
            clock: Arc::new(DatabaseClock::new()),
            start_connections: StartConnections::default(),
            first: Arc::default(),
        })
    }

    /// Returns whether the connection string holds a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.info.get("password").is_some()
    }

    /// Has all connections use that schema alone.
    pub(super) fn with_schema(mut self, schema: String) -> Self {
        self.schema = Some(schema);
        self.start_connections.set(&self.search_path());
        self
    }

    /// Lends a connection for a step of a start.
    pub(super) fn start_connection(&self) -> Result<StartConnection, ConnectError> {
        self.start_connections.lend(self)
    }

    /// Closes the connection that the steps of the start shared.
    pub(super) fn close_start_connection(&self) {
        self.start_connections.close();
    }

    /// Returns the schema that connections use, once it is known.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Returns the database's clock. Connections that ask for the time set it.
    #[must_use]
    pub fn clock(&self) -> Arc<DatabaseClock> {
        Arc::clone(&self.clock)
    }

    /// Asks whether the server takes writes from this connection, and for its time.
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

    /// Opens a connection, preferably to a server that takes writes.
    pub(super) fn connect(&self, limits: &StatementLimits) -> Result<PqConnection, ConnectError> {
        self.connect_to_write(limits).map(|(pg, _)| pg)
    }

    /// Opens a connection: to the first of its servers that answers, has what `target_session_attrs` asks for, and takes
    /// writes. If none takes writes, to one that answers. Returns whether it takes writes.
    ///
    /// Begins with the server that was found the last time, and not with one that was silent, so that a dead host costs its
    /// time limit once.
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
                        self.pass_over(index);
                    }
                    error = self.connect_error(&failure);
                }
            }
        }
        read_only.map(|pg| (pg, false)).ok_or(error)
    }

    /// Has the next attempt begin with another server, unless one was found meanwhile.
    fn pass_over(&self, index: usize) {
        let next = index.wrapping_add(1);
        let _ = self.first.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn set_up(
        &self,
        mut pg: PqConnection,
        limits: &StatementLimits,
    ) -> Result<(PqConnection, bool), ConnectError> {
        pg.set_limit(Some(limits.statement));
        let settings = format!("{}; {}", limits.settings(), self.search_path());
        let accepts_writes = pg.batch_execute(&settings).and_then(|()| self.accepts_writes(&mut pg));
        match accepts_writes {
            Ok(accepts_writes) => Ok((pg, accepts_writes)),
            Err(error) => Err(self.error_of(&pg, &error)),
        }
    }

    fn connect_error(&self, failure: &ConnectFailure) -> ConnectError {
        if self.place.is_plain {
            tracing::debug!(sqlstate = failure.code(), message = failure.message, "connection failed");
        }
        ConnectError::new(&self.place, reason(failure), true, failure.sqlstate)
    }

    /// Tells why a statement failed on a new connection.
    pub(super) fn error_of(&self, pg: &PqConnection, error: &diesel::result::Error) -> ConnectError {
        let sqlstate = pg.last_error();
        if pg.is_broken() {
            return ConnectError::new(&self.place, "the connection broke", false, sqlstate);
        }
        tracing::debug!(%error, "a new connection was refused its settings");
        ConnectError::new(&self.place, "the server refuses the connection's settings", true, sqlstate)
    }

    pub(super) fn error(&self, reason: &'static str) -> ConnectError {
        ConnectError::new(&self.place, reason, true, None)
    }

    fn search_path(&self) -> String {
        // Last, so that a temporary table never stands in for one of ours.
        let path = |schema: &String| format!("SET search_path = {}, pg_temp", quote_identifier(schema));
        self.schema.as_ref().map(path).unwrap_or_default()
    }

    /// The maximum time to connect to one server: the one of the connection string, or else a share of the one that is given;
    /// 0 stands for none there.
    fn connect_limit(&self, limits: &StatementLimits, servers: usize) -> Duration {
        let share = limits.connect / u32::try_from(servers).unwrap_or(u32::MAX);
        if limits.is_prompt {
            return share;
        }
        let seconds = self.info.get("connect_timeout").and_then(|text| text.trim().parse::<u64>().ok());
        let seconds = seconds.filter(|seconds| *seconds > 0);
        seconds.map_or(share.max(Duration::from_secs(1)), Duration::from_secs)
    }

    /// Returns what to connect to, one server after the other. libpq tries the next by itself if one refuses, but has no
    /// time limit for one that is silent.
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
    /// Host, port and name; no user, no password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.text)
    }
}

impl Place {
    /// A password that is not percent-encoded can end up in any part of a URL. So only what stands after the last `@` is
    /// shown.
    fn new(text: &str, info: &ConnInfo) -> Self {
        let unnamed = || Self { text: "the database of DATABASE_URL".to_owned(), is_plain: false };
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let public = if is_url { text.rsplit('@').next().unwrap_or_default() } else { text };
        let is_plain = |part: &str| {
            let is_public = public.contains(part) || public.contains(&part.replace('/', "%2F"));
            is_public && part.chars().all(|c| c.is_alphanumeric() || "/_-.:[]@".contains(c))
        };
        let [host, port, name] = ["host", "port", "dbname"].map(|key| info.get(key).unwrap_or_default());
        let mut shown = host.split(',').chain(port.split(',')).chain([name]);
        if host.is_empty() || !shown.all(is_plain) {
            return unnamed();
        }
        let text = if host.starts_with('/') {
            format!("the database at the socket in {host}")
        } else {
            let mut ports = port.split(',');
            let server = |host: &str| match ports.next() {
                Some(port) if !port.is_empty() => format!("{host}:{port}"),
                _ => host.to_owned(),
            };
            let servers: Vec<String> = host.split(',').map(server).collect();
            let name = if name.is_empty() { String::new() } else { format!("/{name}") };
            format!("the database at {}{name}", servers.join(","))
        };
        Self { text, is_plain: true }
    }
}

/// Writes a name as SQL has it (PostgreSQL manual, 4.1.1).
pub(super) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_between_the_slashes_and_the_last_at_is_shown() {
        for (url, place) in [
            ("postgres://sihha:4711?w@h/db", "the database at h/db"),
            ("postgres://u:p/4711@h/db", "the database of DATABASE_URL"),
            ("postgres://u:p@4711@h:5433/db", "the database of DATABASE_URL"),
            ("postgres://u@h:5433/db?", "the database at h:5433/db"),
            ("postgresql://u@/db?host=/run/pg", "the database at the socket in /run/pg"),
            ("postgresql://u@%2Frun%2Fpg/db", "the database at the socket in /run/pg"),
            ("host=h password='4711' dbname=db", "the database at h/db"),
            ("postgres:///db", "the database of DATABASE_URL"),
            ("postgres://u@h:1,i:2/db", "the database at h:1,i:2/db"),
        ] {
            let shown =
                Database::parse(url).map_or_else(|error| error.to_string(), |found| found.to_string());
            assert!(!shown.contains("4711"), "{url}: {shown}");
            if !url.contains("/4711@") && !url.contains("@4711@") {
                assert_eq!(shown, place, "{url}");
            }
        }
    }

    #[test]
    fn each_server_is_tried_by_its_address() {
        let servers = Database::parse("postgres://u@127.0.0.1:1,[::1]:2/db").unwrap().servers();
        let places: Vec<_> = servers.iter().map(|one| (one.get("hostaddr"), one.get("port"))).collect();
        assert_eq!(places, [(Some("127.0.0.1"), Some("1")), (Some("::1"), Some("2"))]);
        let sockets = Database::parse("host=/a,/b dbname=db").unwrap().servers();
        let hosts: Vec<_> = sockets.iter().map(|one| one.get("host")).collect();
        assert_eq!(hosts, [Some("/a"), Some("/b")]);
    }
}
