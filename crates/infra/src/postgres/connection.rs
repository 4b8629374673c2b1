//! Pooled connections: whether a connection can be used, and what its errors mean.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::connect_error::ConnectError;
use super::database::Database;
use super::errors::is_outage;
use super::libpq::{PqConnection, SqlState};
use super::limits::StatementLimits;
use super::server_state::ServerState;

/// Idle time after which a connection is tested before use: a load balancer may have closed it
/// silently.
const IDLE_BEFORE_TEST: Duration = Duration::from_secs(15);

/// Maximum duration of this test.
const TEST_TIMEOUT: Duration = Duration::from_millis(500);

/// A pooled connection.
pub(super) struct TrackedConnection {
    pub(super) pg: PqConnection,
    database: Database,
    limits: StatementLimits,
    pub(super) server: Arc<ServerState>,
    /// Values of the server's state when this connection was last tested and its prepared
    /// statements were last dropped.
    faults: u64,
    plan_changes: u64,
    used_at: Instant,
    /// Whether the connection must not be used again.
    is_broken: bool,
}

impl TrackedConnection {
    /// Returns whether the connection can be used. In most cases this needs no query.
    pub(super) fn is_usable(&mut self) -> bool {
        if self.is_broken || self.pg.has_been_closed() {
            self.mark_broken();
            return false;
        }
        let faults = self.server.faults.load(Ordering::Acquire);
        if self.faults != faults || self.used_at.elapsed() > IDLE_BEFORE_TEST {
            // While no new connection can be opened, a test of an old one would only take time.
            if self.server.is_unavailable.load(Ordering::Relaxed) || !self.answers() {
                self.mark_broken();
                return false;
            }
            self.faults = faults;
        }
        let plan_changes = self.server.plan_changes.load(Ordering::Acquire);
        if self.plan_changes != plan_changes {
            if self.pg.forget_statements().is_err() {
                self.mark_broken();
                return false;
            }
            self.plan_changes = plan_changes;
        }
        true
    }

    fn answers(&mut self) -> bool {
        self.pg.set_limit(Some(TEST_TIMEOUT));
        let answers = self.database.accepts_writes(&mut self.pg).unwrap_or(false);
        self.pg.set_limit(Some(self.limits.statement));
        answers
    }

    /// Runs `query`, and records what its error says about the server.
    pub(super) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut PqConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let outcome = query(&mut self.pg);
        self.used_at = Instant::now();
        match outcome {
            Ok(_) => self.server.outages.note_success(),
            Err(_) => self.note_error(),
        }
        outcome
    }

    fn note_error(&mut self) {
        let sqlstate = self.pg.last_error();
        if let Some(SqlState::CACHED_PLAN_IS_STALE | SqlState::UNKNOWN_STATEMENT) = sqlstate {
            self.plan_changes = u64::MAX;
            self.server.plan_changes.fetch_add(1, Ordering::AcqRel);
        }
        // The server lacked a resource, or did not answer in time: the commit may wait for a
        // standby.
        if sqlstate.map_or(self.pg.is_broken(), |sqlstate| sqlstate.class() == "53") {
            self.server.is_write_uncertain.store(true, Ordering::Relaxed);
        }
        // A new connection may lead to another server, which can do the work.
        if self.pg.is_broken() || sqlstate.is_some_and(is_outage) {
            self.mark_broken();
        }
    }

    fn mark_broken(&mut self) {
        if !self.is_broken {
            self.is_broken = true;
            self.server.faults.fetch_add(1, Ordering::AcqRel);
            self.server.outages.note_failure(self.limits.statement);
        }
    }

    pub(super) const fn is_broken(&self) -> bool {
        self.is_broken
    }
}

impl Drop for TrackedConnection {
    fn drop(&mut self) {
        self.server.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Opens connections for the pool.
pub(super) struct Manager {
    pub(super) database: Database,
    pub(super) limits: StatementLimits,
    pub(super) server: Arc<ServerState>,
}

impl r2d2::ManageConnection for Manager {
    type Connection = TrackedConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<TrackedConnection, ConnectError> {
        let faults = self.server.faults.load(Ordering::Acquire);
        let plan_changes = self.server.plan_changes.load(Ordering::Acquire);
        let (pg, accepts_writes) = self.database.connect_to_write(&self.limits)?;
        if !accepts_writes {
            return Err(self.database.error("the server is read-only or a standby"));
        }
        self.server.outages.note_success();
        if self.server.is_unavailable.swap(false, Ordering::Relaxed) {
            tracing::info!("database available again");
        }
        self.server.live.fetch_add(1, Ordering::Relaxed);
        Ok(TrackedConnection {
            pg,
            database: self.database.clone(),
            limits: self.limits,
            server: Arc::clone(&self.server),
            faults,
            plan_changes,
            used_at: Instant::now(),
            is_broken: false,
        })
    }

    /// Does nothing: `is_usable` tests a connection when it is taken from the pool, and only if
    /// there is a reason.
    fn is_valid(&self, _: &mut TrackedConnection) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Returns whether a connection that is returned to the pool must be replaced.
    fn has_broken(&self, connection: &mut TrackedConnection) -> bool {
        connection.is_broken || connection.pg.is_broken() || connection.pg.is_in_transaction()
    }
}
