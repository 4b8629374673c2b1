use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::advisory_locks;
use super::database::Database;
use super::libpq::PqConnection;
use super::limits::StatementLimits;

/// How often to check what the connection waits for.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long the connection waits before this is logged.
const REPORT_AFTER: Duration = Duration::from_secs(1);

const BLOCKERS: &str = "SELECT blocker.pid, coalesce(application_name, '') AS application, \
        coalesce(state, 'unknown') AS state, \
        coalesce(extract(epoch FROM now() - xact_start), 0)::bigint AS seconds \
    FROM (SELECT unnest(pg_blocking_pids($1)) UNION ALL SELECT pid FROM pg_locks \
        WHERE locktype = 'advisory' AND granted AND pid <> $1 \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
        AND (classid::bigint << 32) | objid::bigint = $2) AS blocker (pid) \
    LEFT JOIN pg_stat_activity USING (pid) LIMIT 1";

/// A server process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Blocker {
    #[diesel(sql_type = Integer)]
    pid: i32,
    #[diesel(sql_type = Text)]
    application: String,
    #[diesel(sql_type = Text)]
    state: String,
    /// Seconds since its transaction began.
    #[diesel(sql_type = BigInt)]
    seconds: i64,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, application, state, seconds } = self;
        write!(f, "server process {pid} ({application}, {state}, transaction open for {seconds} s)")
    }
}

/// Logs who holds the lock that a connection waits for, once the wait has lasted for a second.
pub(super) struct LockWatcher {
    last: Arc<Mutex<Option<Blocker>>>,
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl LockWatcher {
    /// Starts to watch what `pg` waits for. If no second connection can be opened, nothing is
    /// logged, and `pg` still waits.
    pub(super) fn start(database: Database, pg: &mut PqConnection) -> Self {
        let last = Arc::<Mutex<Option<Blocker>>>::default();
        let Ok(pid) = diesel::select(pg_backend_pid()).get_result::<i32>(pg) else {
            return Self { last, thread: None };
        };
        let (stop, stopped) = mpsc::channel();
        let seen = Arc::clone(&last);
        let watch = move || {
            let mut watch = Watch { database, pg: None, pid, blocked_since: None, reported: None, seen };
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                watch.check();
            }
        };
        let thread = std::thread::Builder::new().name("lock-watcher".to_owned()).spawn(watch).ok();
        Self { last, thread: thread.map(|thread| (stop, thread)) }
    }

    /// Returns the last blocker that was found.
    pub(super) fn last(&self) -> Option<Blocker> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for LockWatcher {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            drop(stop);
            // It ends after at most one more check.
            let _ = thread.join();
        }
    }
}

struct Watch {
    database: Database,
    pg: Option<PqConnection>,
    pid: i32,
    blocked_since: Option<Instant>,
    /// The last process that was logged.
    reported: Option<i32>,
    seen: Arc<Mutex<Option<Blocker>>>,
}

impl Watch {
    fn check(&mut self) {
        if self.pg.as_ref().is_none_or(PqConnection::is_broken) {
            self.pg = self.database.connect(&StatementLimits::PROBE).ok();
        }
        let Some(pg) = &mut self.pg else { return };
        let query = diesel::sql_query(BLOCKERS)
            .bind::<Integer, _>(self.pid)
            .bind::<BigInt, _>(advisory_locks::MIGRATE);
        let Ok(Some(blocker)) = query.get_result::<Blocker>(pg).optional() else { return };
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= REPORT_AFTER && self.reported != Some(blocker.pid) {
            let Blocker { pid, application, state, seconds } = &blocker;
            tracing::warn!(pid, application, state, seconds, "waiting for a lock that another process holds");
            self.reported = Some(blocker.pid);
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(blocker);
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Returns the id of this connection's server process.
    fn pg_backend_pid() -> Integer;
}
