use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error as DieselError;
use r2d2::PooledConnection;
use sihha_domain::store::StoreError;

use super::connection::Manager;
use super::errors::store_error;
use super::libpq::PqConnection;
use super::server_state::LockWatch;

/// A connection that is taken from the pool, with or without an open transaction. All repositories
/// of a use case share it.
pub(super) struct StoreConnection {
    pooled: PooledConnection<Manager>,
    in_transaction: bool,
}

impl StoreConnection {
    pub(super) const fn new(pooled: PooledConnection<Manager>) -> Self {
        Self { pooled, in_transaction: false }
    }

    /// Opens a transaction, which is rolled back when the value is dropped before a commit.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        self.run(AnsiTransactionManager::begin_transaction)?;
        self.in_transaction = true;
        Ok(())
    }

    /// Commits the transaction.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.in_transaction = false;
        self.run(AnsiTransactionManager::commit_transaction)
    }

    /// Panics in debug builds if a transaction is open, whose commit a statement would relax.
    pub(super) fn assert_outside_transaction(&self) {
        debug_assert!(!self.in_transaction, "the commit of the whole transaction would be relaxed");
    }

    /// Runs `query`, and converts its error.
    pub(super) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut PqConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        self.try_run(query).map_err(|error| self.store_error(&error))
    }

    /// Runs `query`. The caller checks the error for constraints that it knows before it converts
    /// the error.
    pub(super) fn try_run<T>(
        &mut self,
        query: impl FnOnce(&mut PqConnection) -> QueryResult<T>,
    ) -> Result<T, DieselError> {
        self.pooled.run(query)
    }

    /// Returns whether no further statement can be run.
    pub(super) fn is_broken(&self) -> bool {
        self.pooled.is_broken()
    }

    /// Returns the state that decides whether batches skip locked rows.
    pub(super) fn lock_watch(&self) -> &LockWatch {
        &self.pooled.server.lock_watch
    }

    /// Converts the error of a query on this connection.
    pub(super) fn store_error(&self, error: &DieselError) -> StoreError {
        store_error(error, self.pooled.pg.last_error())
    }
}

impl Drop for StoreConnection {
    fn drop(&mut self) {
        if self.in_transaction
            && let Err(error) = self.run(AnsiTransactionManager::rollback_transaction)
        {
            // The pool replaces the connection, and the server rolls back when it is closed.
            tracing::warn!(%error, "rollback failed");
        }
    }
}
