use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection;
use diesel::result::Error as DieselError;
use r2d2::{HandleError, Pool, PooledConnection};
use sihha_domain::account::AccountRepository;
use sihha_domain::approval::ApprovalRepository;
use sihha_domain::key::KeyUseRepository;
use sihha_domain::password::PasswordRepository;
use sihha_domain::session::SessionRepository;
use sihha_domain::store::{Repositories, Store, StoreError, Transaction};
use sihha_domain::suspension::SuspensionRepository;

use super::connection::{ConnectError, Database, LockWatch, Manager, StatementLimits};

/// How many connections to keep, and how long to wait for one.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// Connections.
    pub size: u32,
    /// Longest wait for one of them.
    pub patience: Duration,
}

/// The store on Postgres.
pub struct PgStore {
    database: Database,
    pool: Pool<Manager>,
    patience: Duration,
    away: Arc<AtomicBool>,
    /// Asks whether the database answers: a connection that nothing else is asked on.
    probe: Mutex<Option<PgConnection>>,
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
        let away = Arc::new(AtomicBool::new(false));
        let pool = Pool::builder()
            .max_size(settings.size)
            .connection_timeout(settings.patience)
            // A test at each check-out costs a fifth of the throughput; broken ones are noticed in use.
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(NoteAway(Arc::clone(&away))))
            .build_unchecked(Manager {
                database: database.clone(),
                limits,
                lock_watch: Arc::default(),
                away: Arc::clone(&away),
            });
        Self { database, pool, patience: settings.patience, away, probe: Mutex::new(None) }
    }

    /// Tests all connections that wait for use, so that no request gets one that has broken. Others are replaced when they come
    /// back from the request that finds out.
    fn discard_broken(&self) {
        let waiting: Vec<_> = (0..self.pool.max_size()).map_while(|_| self.pool.try_get()).collect();
        for mut link in waiting {
            // A broken one is replaced when it is dropped.
            let _ = link.run(R2D2Connection::ping);
        }
    }

    /// While the database is known to be away nobody waits for it: each answers at once that it is.
    fn session(&self) -> Result<PgSession, StoreError> {
        let away = || StoreError::Unavailable("no connection to the database");
        let link = if self.away.load(Ordering::Relaxed) {
            self.pool.try_get().ok_or_else(away)?
        } else {
            self.pool.get().map_err(|_| away())?
        };
        Ok(PgSession { link, in_transaction: false })
    }
}

impl Store for PgStore {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        Ok(Box::new(self.session()?))
    }

    /// After a restart of the database every pooled connection is broken, and nothing is lost by finding
    /// that out here: the next one is tried, for as long as one waits for a connection.
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
                    if attempts == 0 || !session.link.is_broken() || started.elapsed() >= self.patience =>
                {
                    return Err(error);
                }
                Err(_) => attempts -= 1,
            }
        }
    }

    /// On a connection outside the pool, which locks and busy requests do not reach. While the pool has noticed that the
    /// database is away, it is: a request would find no connection.
    fn ping(&self) -> Result<(), StoreError> {
        let silent = || StoreError::Unavailable("no sign of life from the database");
        if self.away.load(Ordering::Relaxed) {
            return Err(silent());
        }
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        if probe.as_mut().is_some_and(|pg| pg.ping().is_ok()) {
            return Ok(());
        }
        // It broke since, perhaps by a restart that is over. Pooled connections broke with it.
        *probe = None;
        let mut pg = self.database.connect_to_probe().map_err(|_| silent())?;
        pg.ping().map_err(|_| silent())?;
        self.discard_broken();
        *probe = Some(pg);
        Ok(())
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
        query: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        self.try_run(query).map_err(|error| self.store_error(&error))
    }

    /// Runs `query`; the caller looks for a constraint that it knows first.
    pub(super) fn try_run<T>(
        &mut self,
        query: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> Result<T, DieselError> {
        self.link.run(query)
    }

    /// Tells whether a batch should pass over locked rows.
    pub(super) fn lock_watch(&self) -> &LockWatch {
        &self.link.lock_watch
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

/// Notes that the database is away, and tells the log once; the pool tries on by itself.
#[derive(Debug)]
struct NoteAway(Arc<AtomicBool>);

impl HandleError<ConnectError> for NoteAway {
    fn handle_error(&self, error: ConnectError) {
        // One that broke as it began, because a person ended it or the server restarts, is just tried again.
        if error.unreachable && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the database is away");
        }
    }
}
