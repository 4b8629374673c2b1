use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error as DieselError;
use r2d2::{HandleError, Pool, PooledConnection};
use sihha_domain::account::AccountRepository;
use sihha_domain::approval::ApprovalRepository;
use sihha_domain::key::KeyUseRepository;
use sihha_domain::password::PasswordRepository;
use sihha_domain::session::SessionRepository;
use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};
use sihha_domain::suspension::SuspensionRepository;

use super::connect_error::ConnectError;
use super::connection::{LockWatch, Manager, Probe, ServerState};
use super::database::Database;
use super::libpq::PqConnection;
use super::limits::StatementLimits;

/// How many connections to keep, and how long to wait for one.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// Connections.
    pub size: u32,
    /// Longest wait for one of them.
    pub acquire_timeout: Duration,
}

/// The store on Postgres.
pub struct PgStore {
    pool: Pool<Manager>,
    acquire_timeout: Duration,
    server: Arc<ServerState>,
    probe: Mutex<Probe>,
}

impl PgStore {
    /// A store for commands, whose connections are opened in the background; none need be there yet.
    #[must_use]
    pub fn new(database: Database, settings: PoolSettings) -> Self {
        Self::with_limits(database, settings, StatementLimits::COMMANDS)
    }

    /// A store whose statements have those limits.
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
            .error_handler(Box::new(NoteConnectErrors(Arc::clone(&server))))
            .build_unchecked(Manager { database: database.clone(), limits, server: Arc::clone(&server) });
        Self {
            pool,
            acquire_timeout: settings.acquire_timeout,
            server,
            probe: Mutex::new(Probe::new(database)),
        }
    }

    /// Lends a connection. One that broke while it was idle is passed over, since nothing was sent on it.
    ///
    /// While the database is known to be unavailable nobody waits for it: the error comes immediately.
    fn session(&self) -> Result<PgSession, StoreError> {
        let unavailable = || StoreError::Unavailable("no connection to the database".into());
        let started = Instant::now();
        for _ in 0..=self.pool.max_size() {
            let left = self.acquire_timeout.saturating_sub(started.elapsed());
            let mut link = if self.server.is_unavailable.load(Ordering::Relaxed) {
                self.pool.try_get().ok_or_else(unavailable)?
            } else {
                self.pool.get_timeout(left).map_err(|_| unavailable())?
            };
            if link.is_usable() {
                return Ok(PgSession { link, in_transaction: false });
            }
        }
        Err(unavailable())
    }
}

impl Store for PgStore {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        Ok(Box::new(self.session()?))
    }

    /// A connection that breaks here is passed over as well: nothing is lost by it.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let started = Instant::now();
        let mut attempts = self.pool.max_size();
        loop {
            let mut session = self.session()?;
            match session.run(AnsiTransactionManager::begin_transaction) {
                Ok(()) => {
                    session.in_transaction = true;
                    return Ok(Box::new(session));
                }
                Err(error)
                    if attempts == 0
                        || !session.link.is_broken()
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

    /// On a connection outside the pool, which locks and busy requests do not reach. While no new connection comes about
    /// for the pool, the database is unavailable to requests.
    fn ping(&self) -> Result<(), StoreError> {
        if self.server.is_unavailable.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("no connection to the database".into()));
        }
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        probe.fault(&self.server).map_or(Ok(()), |fault| Err(StoreError::Unavailable(fault.into())))
    }
}

/// A connection on loan, with or without a transaction around what it does.
pub(super) struct PgSession {
    link: PooledConnection<Manager>,
    in_transaction: bool,
}

impl PgSession {
    /// Runs `query`, telling its errors in the domain's words.
    pub(super) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut PqConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        self.try_run(query).map_err(|error| self.store_error(&error))
    }

    /// Runs `query`; the caller looks for a constraint that it knows first.
    pub(super) fn try_run<T>(
        &mut self,
        query: impl FnOnce(&mut PqConnection) -> QueryResult<T>,
    ) -> Result<T, DieselError> {
        self.link.run(query)
    }

    /// Tells whether a batch should pass over locked rows.
    pub(super) fn lock_watch(&self) -> &LockWatch {
        &self.link.server.lock_watch
    }

    pub(super) fn store_error(&self, error: &DieselError) -> StoreError {
        self.link.store_error(error)
    }
}

impl Repositories for PgSession {
    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn approvals(&mut self) -> &mut dyn ApprovalRepository {
        self
    }

    fn suspensions(&mut self) -> &mut dyn SuspensionRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn key_uses(&mut self) -> &mut dyn KeyUseRepository {
        self
    }
}

impl Transaction for PgSession {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.in_transaction = false;
        self.run(AnsiTransactionManager::commit_transaction)
    }
}

impl Drop for PgSession {
    fn drop(&mut self) {
        if self.in_transaction
            && let Err(error) = self.run(AnsiTransactionManager::rollback_transaction)
        {
            // The connection is not used again, and the server rolls back by itself.
            tracing::warn!(%error, "could not roll back");
        }
    }
}

/// Hears from the pool that a connection did not come about.
#[derive(Debug)]
struct NoteConnectErrors(Arc<ServerState>);

impl HandleError<ConnectError> for NoteConnectErrors {
    fn handle_error(&self, error: ConnectError) {
        self.0.note_connect_error(&error);
    }
}
