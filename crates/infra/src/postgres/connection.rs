//! Pooled connections: whether one may be used, and what its errors mean.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use diesel::result::Error as DieselError;
use sihha_domain::store::StoreError;

use super::connect_error::ConnectError;
use super::database::Database;
use super::errors::{is_outage, store_error};
use super::libpq::{PqConnection, SqlState};
use super::limits::StatementLimits;
use super::outages::Outages;

/// A connection that was quiet for so long is tested before use: a balancer may have cut it without a word.
const QUIET: Duration = Duration::from_secs(15);

/// Maximum time of such a test.
const TEST_LIMIT: Duration = Duration::from_millis(500);

/// What the connections of a pool know of the server together.
#[derive(Debug, Default)]
pub(super) struct ServerState {
    /// Whether the last attempt to connect failed.
    pub(super) is_unavailable: AtomicBool,
    /// Number of open connections.
    live: AtomicUsize,
    /// How often a connection was found broken. Those that were tested before the last time are tested again.
    faults: AtomicU64,
    /// How often a plan was found out of date.
    plan_changes: AtomicU64,
    /// Whether the server refused a connection because it, or the role, has enough of them.
    is_crowded: AtomicBool,
    /// Whether a statement failed in a way that leaves in doubt whether the server completes any write.
    pub(super) write_is_doubtful: AtomicBool,
    pub(super) lock_watch: LockWatch,
    pub(super) outages: Outages,
}

impl ServerState {
    /// Notes why no new connection came about, and logs a change once; the pool tries on.
    pub(super) fn note_connect_error(&self, error: &ConnectError) {
        if error.is_full() && self.live.load(Ordering::Relaxed) > 0 {
            if !self.is_crowded.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "fewer connections than --pool-size");
            }
            return;
        }
        // One that broke as it began, because a person ended it or the server restarts, is just tried again.
        if error.unreachable && !self.is_unavailable.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the database is unavailable");
        }
    }
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

/// A pooled connection.
pub(super) struct TrackedConnection {
    pg: PqConnection,
    database: Database,
    limits: StatementLimits,
    pub(super) server: Arc<ServerState>,
    /// Values of the server's state when this connection was last tested, and its statements last dropped.
    faults: u64,
    plan_changes: u64,
    used_at: Instant,
    /// Whether it must not be used again.
    is_broken: bool,
}

impl TrackedConnection {
    /// Returns whether the connection can be used. Most of the time that is known without asking the server.
    pub(super) fn is_usable(&mut self) -> bool {
        if self.is_broken || self.pg.has_been_closed() {
            self.mark_broken();
            return false;
        }
        let faults = self.server.faults.load(Ordering::Acquire);
        if self.faults != faults || self.used_at.elapsed() > QUIET {
            // While no new connection comes about, waiting for an old one to answer would only take time.
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
        self.pg.set_limit(Some(TEST_LIMIT));
        let answers = self.database.accepts_writes(&mut self.pg).unwrap_or(false);
        self.pg.set_limit(Some(self.limits.statement));
        answers
    }

    /// Runs `query`. Notes what its error says of the server.
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
        // For want of room, or since nothing came back in time: the commit may wait for a standby.
        if sqlstate.map_or(self.pg.is_broken(), |sqlstate| sqlstate.class() == "53") {
            self.server.write_is_doubtful.store(true, Ordering::Relaxed);
        }
        // A connection to a server that cannot do the work may lead to another one when it is made again.
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

    /// What the error of the last statement means.
    pub(super) fn store_error(&self, error: &DieselError) -> StoreError {
        store_error(error, self.pg.last_error())
    }
}

impl Drop for TrackedConnection {
    fn drop(&mut self) {
        self.server.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes connections for the pool.
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
            return Err(self.database.error("the server is read-only, or a standby"));
        }
        self.server.outages.note_success();
        if self.server.is_unavailable.swap(false, Ordering::Relaxed) {
            tracing::info!("the database is back");
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

    /// Not called: a connection is tested when it is lent, and only if there is a reason.
    fn is_valid(&self, _: &mut TrackedConnection) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Asked when a connection comes back: a broken one is replaced.
    fn has_broken(&self, link: &mut TrackedConnection) -> bool {
        link.is_broken || link.pg.is_broken() || link.pg.is_in_transaction()
    }
}

/// Asks whether the server works, on a connection of its own that nothing else waits for.
pub(super) struct Probe {
    database: Database,
    pg: Option<PqConnection>,
}

impl Probe {
    pub(super) fn new(database: Database) -> Self {
        Self { database, pg: None }
    }

    /// Returns why the server cannot do the service's work, if so.
    pub(super) fn fault(&mut self, server: &ServerState) -> Option<&'static str> {
        let fault = self.look(server);
        match fault {
            None => server.outages.note_success(),
            Some(_) => server.outages.note_failure(StatementLimits::PROBE.statement),
        }
        fault
    }

    fn look(&mut self, server: &ServerState) -> Option<&'static str> {
        let is_open = self.pg.as_mut().is_some_and(|pg| !pg.has_been_closed());
        let ask = |pg: &mut PqConnection| self.database.accepts_writes(pg).ok();
        let writes = if is_open { self.pg.as_mut().and_then(ask) } else { None };
        let writes = match writes {
            Some(writes) => writes,
            // It broke since, perhaps by a restart that is over.
            None => match self.connect() {
                Some(writes) => writes,
                None => return Some("no sign of life from the database"),
            },
        };
        if !writes {
            // The next time, the address may lead to another server.
            self.pg = None;
            return Some("the database is read-only, or a standby");
        }
        if server.write_is_doubtful.load(Ordering::Relaxed) {
            if !self.can_write() {
                return Some("the database completes no write");
            }
            server.write_is_doubtful.store(false, Ordering::Relaxed);
        }
        None
    }

    fn connect(&mut self) -> Option<bool> {
        self.pg = None;
        let (pg, writes) = self.database.connect_to_write(&StatementLimits::PROBE).ok()?;
        self.pg = Some(pg);
        Some(writes)
    }

    /// Has the server write a new page, which needs room on its disk, and commit, which may wait for its standby. A role that
    /// may make no temporary table is not judged by that.
    fn can_write(&mut self) -> bool {
        const WRITE: &str =
            "BEGIN; CREATE TEMPORARY TABLE sihha_probe ON COMMIT DROP AS SELECT 1 AS one; COMMIT";
        let Some(pg) = &mut self.pg else { return false };
        if pg.batch_execute(WRITE).is_ok() {
            return true;
        }
        let is_forbidden = pg.last_error() == Some(SqlState::INSUFFICIENT_PRIVILEGE);
        pg.batch_execute("ROLLBACK").is_ok() && is_forbidden
    }
}
