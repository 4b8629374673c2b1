use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::pg::PgConnection;
use diesel::result::Error as DieselError;
use r2d2::{HandleError, Pool, PooledConnection};
use sihha_domain::account::AccountRepository;
use sihha_domain::approval::ApprovalRepository;
use sihha_domain::key::KeyUseRepository;
use sihha_domain::password::PasswordRepository;
use sihha_domain::session::SessionRepository;
use sihha_domain::store::{Repositories, Store, StoreError, Transaction};
use sihha_domain::suspension::SuspensionRepository;

use super::connection::{ConnectError, Database, Manager};
use super::errors::store_error;

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
    pool: Pool<Manager>,
    away: Arc<AtomicBool>,
}

impl PgStore {
    /// A store whose connections are opened in the background; none need be there yet.
    #[must_use]
    pub fn new(database: Database, settings: PoolSettings) -> Self {
        let away = Arc::new(AtomicBool::new(false));
        let pool = Pool::builder()
            .max_size(settings.size)
            .connection_timeout(settings.patience)
            // A test at each check-out costs a fifth of the throughput; broken ones are noticed in use.
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .error_handler(Box::new(NoteAway(Arc::clone(&away))))
            .build_unchecked(Manager { database, away: Arc::clone(&away) });
        Self { pool, away }
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
    /// that out here: the next one is tried.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let mut attempts = self.pool.max_size();
        loop {
            let mut session = self.session()?;
            match session.run(AnsiTransactionManager::begin_transaction) {
                Ok(()) => {
                    session.in_transaction = true;
                    return Ok(Box::new(session));
                }
                Err(error) if attempts == 0 || !session.link.is_broken() => return Err(error),
                Err(_) => attempts -= 1,
            }
        }
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.session()?.run(diesel::r2d2::R2D2Connection::ping)
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

    /// Whether the connection broke, and no statement can succeed on it any more.
    pub(super) fn is_broken(&self) -> bool {
        self.link.is_broken()
    }

    pub(super) fn store_error(&self, error: &DieselError) -> StoreError {
        store_error(error, self.link.is_broken())
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
