use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use r2d2::{HandleError, Pool};
use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};

use super::PgRepositories;
use super::connect_error::ConnectError;
use super::connection::Manager;
use super::database::Database;
use super::limits::StatementLimits;
use super::probe::Probe;
use super::server_state::ServerState;
use super::store_connection::StoreConnection;

/// Settings of the connection pool.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// Number of connections.
    pub size: u32,
    /// Maximum time to wait for a connection.
    pub acquire_timeout: Duration,
}

/// Stores accounts in Postgres.
pub struct PgStore {
    pool: Pool<Manager>,
    acquire_timeout: Duration,
    server: Arc<ServerState>,
    probe: Mutex<Probe>,
}

impl PgStore {
    /// Creates a store for commands. Connections are opened in the background, so the database may
    /// be unavailable.
    #[must_use]
    pub fn new(database: Database, settings: PoolSettings) -> Self {
        Self::with_limits(database, settings, StatementLimits::COMMANDS)
    }

    /// Creates a store whose statements have these limits.
    #[must_use]
    pub fn with_limits(database: Database, settings: PoolSettings, limits: StatementLimits) -> Self {
        database.close_start_connection();
        let server = Arc::<ServerState>::default();
        let pool = Pool::builder()
            .max_size(settings.size)
            .connection_timeout(settings.acquire_timeout)
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(PoolErrorLogger(Arc::clone(&server))))
            .build_unchecked(Manager { database: database.clone(), limits, server: Arc::clone(&server) });
        Self {
            pool,
            acquire_timeout: settings.acquire_timeout,
            server,
            probe: Mutex::new(Probe::new(database)),
        }
    }

    /// Takes a connection from the pool. Skips connections that broke while they were idle, since
    /// nothing was sent on them.
    ///
    /// While the database is known to be unavailable, this does not wait: it returns the error
    /// immediately.
    fn connection(&self) -> Result<StoreConnection, StoreError> {
        let unavailable = || StoreError::Unavailable("no connection to the database".into());
        let started = Instant::now();
        for _ in 0..=self.pool.max_size() {
            let left = self.acquire_timeout.saturating_sub(started.elapsed());
            let mut pooled = if self.server.is_unavailable.load(Ordering::Relaxed) {
                self.pool.try_get().ok_or_else(unavailable)?
            } else {
                self.pool.get_timeout(left).map_err(|_| unavailable())?
            };
            if pooled.is_usable() {
                return Ok(StoreConnection::new(pooled));
            }
        }
        Err(unavailable())
    }
}

impl Store for PgStore {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        Ok(Box::new(PgRepositories(self.connection()?)))
    }

    /// Skips a connection that breaks here as well: the transaction has not changed anything.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let started = Instant::now();
        let mut attempts = self.pool.max_size();
        loop {
            let mut connection = self.connection()?;
            match connection.begin() {
                Ok(()) => return Ok(Box::new(PgRepositories(connection))),
                Err(error)
                    if attempts == 0
                        || !connection.is_broken()
                        || started.elapsed() >= self.acquire_timeout =>
                {
                    return Err(error);
                }
                Err(_) => attempts -= 1,
            }
        }
    }

    fn last_outage(&self) -> Option<Outage> {
        self.server.outages.last()
    }

    /// Uses a connection outside the pool, so that locks and busy requests do not delay it. While
    /// the pool cannot open a connection, the database is unavailable for requests.
    fn ping(&self) -> Result<(), StoreError> {
        if self.server.is_unavailable.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("no connection to the database".into()));
        }
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        probe.fault(&self.server).map_or(Ok(()), |fault| Err(StoreError::Unavailable(fault.into())))
    }
}

/// Receives the pool's errors when it cannot open a connection.
#[derive(Debug)]
struct PoolErrorLogger(Arc<ServerState>);

impl HandleError<ConnectError> for PoolErrorLogger {
    fn handle_error(&self, error: ConnectError) {
        self.0.note_connect_error(&error);
    }
}
