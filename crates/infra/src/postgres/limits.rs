use std::time::Duration;

/// How long a statement may wait, and run. One of ours takes a millisecond; one that takes longer waits for a lock, a
/// sick disk or a server that is gone, and must not hold its connection for ever.
#[derive(Debug, Clone, Copy)]
pub struct StatementLimits {
    /// Maximum wait for each lock of a row or a table.
    pub lock: Duration,
    /// Maximum time of a statement, by this process's own clock: it holds where the server does not answer at all, and
    /// the connection is given up then. The server gives up a tenth earlier, so that it has time to say so.
    pub statement: Duration,
    /// Maximum time that a transaction may stand idle with its locks held.
    pub idle_in_transaction: Duration,
    /// Maximum time to connect, to all servers together. Each has a share of it, and at least a second.
    pub connect: Duration,
    /// Whether `connect` is a bound, whatever their number and the connection string.
    pub is_prompt: bool,
}

impl StatementLimits {
    /// For requests. Two uses of one row at the same moment wait for each other's commit, a few milliseconds. What takes
    /// longer is another transaction that was left open, and would keep threads from other accounts' requests.
    pub const REQUESTS: Self = Self {
        lock: Duration::from_millis(100),
        statement: Duration::from_secs(3),
        idle_in_transaction: Duration::from_secs(5),
        connect: Duration::from_secs(3),
        is_prompt: false,
    };

    /// For commands: a person waits, and nobody else.
    pub const COMMANDS: Self = Self {
        lock: Duration::from_secs(5),
        statement: Duration::from_secs(30),
        idle_in_transaction: Duration::from_mins(1),
        connect: Duration::from_secs(5),
        is_prompt: false,
    };

    /// For the connection that only asks whether the server works: the answer must come within a second.
    pub(super) const PROBE: Self = Self {
        lock: Duration::from_millis(100),
        statement: Duration::from_millis(600),
        idle_in_transaction: Duration::from_secs(5),
        connect: Duration::from_millis(600),
        is_prompt: true,
    };

    /// Returns the statements that a new connection begins with.
    ///
    /// What a role, a database or a server sets otherwise must not change what statements mean, so what they rely on is
    /// said here. All statements find their rows by keys, so one plan is as good as another made for the values; left to
    /// itself Postgres makes a new one for each list of one session, which takes five times as long as the read, as soon
    /// as its statistics say that it might pay.
    ///
    /// With `row_security` off, a policy that hides rows from this role is an error; hidden rows would be read as missing.
    pub(super) fn settings(&self) -> String {
        let Self { lock, statement, idle_in_transaction, .. } = self;
        format!(
            "SET TIME ZONE 'UTC'; SET lock_timeout = {}; SET statement_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}; SET client_min_messages = 'warning'; \
             SET default_transaction_isolation = 'read committed'; SET row_security = off; SET jit = off; \
             SET plan_cache_mode = 'force_generic_plan'",
            lock.as_millis(),
            (*statement * 9 / 10).as_millis(),
            idle_in_transaction.as_millis(),
        )
    }
}
