use std::time::Duration;

/// Timeouts of statements. Our statements take about a millisecond. One that takes longer waits for
/// a lock, a slow disk or an unreachable server, and must not keep its connection indefinitely.
#[derive(Debug, Clone, Copy)]
pub struct StatementLimits {
    /// Maximum time to wait for each lock of a row or a table.
    pub lock: Duration,
    /// Maximum duration of a statement. This process measures it, so that it also applies if the
    /// server does not answer; the connection is then closed. The server's own timeout is a tenth
    /// shorter, so that its error arrives in time.
    pub statement: Duration,
    /// Maximum time for which a transaction may be idle.
    pub idle_in_transaction: Duration,
    /// Maximum time to connect to all servers. Each server gets an equal share, but at least a
    /// second.
    pub connect: Duration,
    /// Whether `connect` is a strict limit, regardless of the number of servers and of the
    /// connection string.
    pub is_prompt: bool,
}

impl StatementLimits {
    /// Limits for requests. Simultaneous uses of a row wait a few milliseconds for each other's
    /// commit. A longer wait means that a transaction was left open; waiting for it would block
    /// threads that other accounts need.
    pub const REQUESTS: Self = Self {
        lock: Duration::from_millis(100),
        // The response must arrive within 3 seconds.
        statement: Duration::from_millis(2500),
        idle_in_transaction: Duration::from_secs(5),
        connect: Duration::from_secs(3),
        is_prompt: false,
    };

    /// Limits for commands, for which one person waits.
    pub const COMMANDS: Self = Self {
        lock: Duration::from_secs(5),
        statement: Duration::from_secs(30),
        idle_in_transaction: Duration::from_mins(1),
        connect: Duration::from_secs(5),
        is_prompt: false,
    };

    /// Limits for the readiness check, which must answer within a second.
    pub(super) const PROBE: Self = Self {
        lock: Duration::from_millis(100),
        statement: Duration::from_millis(600),
        idle_in_transaction: Duration::from_secs(5),
        connect: Duration::from_millis(600),
        is_prompt: true,
    };

    /// Returns the statements that set up a new connection.
    ///
    /// Settings of the role, the database or the server must not change the meaning of statements,
    /// so the settings that they rely on are set here.
    ///
    /// With `row_security = off`, a policy that hides rows from this role causes an error.
    /// Otherwise hidden rows would seem to be missing.
    ///
    /// New rows of a GIN index wait in a list, which each search reads to its end and one of the
    /// writers empties. With Postgres's limit of 4 MB a search took up to 8 milliseconds more; with
    /// this one, 0.01. Without a list, a registration's statement took 0.1 milliseconds more
    /// instead of 0.03.
    pub(super) fn settings(&self) -> String {
        let Self { lock, statement, idle_in_transaction, .. } = self;
        format!(
            "SET TIME ZONE 'UTC'; SET lock_timeout = {}; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}; SET client_min_messages = 'warning'; \
             SET default_transaction_isolation = 'read committed'; SET row_security = off; SET jit = off; \
             SET gin_pending_list_limit = '64kB'",
            lock.as_millis(),
            (*statement * 9 / 10).as_millis(),
            idle_in_transaction.as_millis(),
        )
    }
}
