//! Where accounts are kept: the store and its transaction, as ports.

mod check;
mod error;

pub use check::CheckStore;
pub use error::{CausedByStore, StoreError};

use chrono::TimeDelta;

use crate::account::AccountRepository;
use crate::approval::ApprovalRepository;
use crate::key::KeyUseRepository;
use crate::password::PasswordRepository;
use crate::session::SessionRepository;
use crate::suspension::SuspensionRepository;

/// Keeps accounts. Shared by all threads.
pub trait Store: Send + Sync {
    /// Repositories with no transaction around: each call is one by itself, lasting when it returns.
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError>;

    /// Opens a transaction. What is done through it is seen by others after [`Transaction::commit`] alone,
    /// whole; dropping it instead MUST leave no trace.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError>;

    /// Whether the store answers now. MUST NOT wait for what others do with it, such as for a pooled connection or a
    /// lock.
    fn ping(&self) -> Result<(), StoreError>;

    /// Returns the last time in which the store could not do its work, as far as this instance noticed. An answer may
    /// have been lost in it, so that the client does not know what was done. MUST have a bound of minutes.
    fn last_outage(&self) -> Option<Outage>;
}

/// A time in which a store could not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// How long ago it began, or the last work before it was done.
    pub began_ago: TimeDelta,
    /// How long ago it ended; zero if it lasts.
    pub ended_ago: TimeDelta,
}

/// The repositories, one a noun.
pub trait Repositories {
    /// Accounts.
    fn accounts(&mut self) -> &mut dyn AccountRepository;
    /// Passwords.
    fn passwords(&mut self) -> &mut dyn PasswordRepository;
    /// Approvals.
    fn approvals(&mut self) -> &mut dyn ApprovalRepository;
    /// Suspensions.
    fn suspensions(&mut self) -> &mut dyn SuspensionRepository;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// When keys signed.
    fn key_uses(&mut self) -> &mut dyn KeyUseRepository;
}

/// A use case's work, done together or not at all.
pub trait Transaction: Repositories {
    /// Makes it last. When this returns `Ok`, the work MUST survive a crash of the machine.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Maximum number of times that a transaction is run which collides with others.
const MAX_ATTEMPTS: u8 = 3;

/// Runs `work` in a transaction, and commits it if it succeeds. If it collides with another transaction, nothing was done, and
/// it is run again.
///
/// # Errors
///
/// What `work` returns, or the store. Nothing was done then.
pub fn in_transaction<T, E: CausedByStore>(
    store: &dyn Store,
    mut work: impl FnMut(&mut dyn Repositories) -> Result<T, E>,
) -> Result<T, E> {
    let mut once = || -> Result<T, E> {
        let mut transaction = store.begin()?;
        let done = work(&mut *transaction)?;
        transaction.commit()?;
        Ok(done)
    };
    for _ in 1..MAX_ATTEMPTS {
        match once() {
            Err(error) if error.store_error() == Some(&StoreError::Conflict) => {}
            outcome => return outcome,
        }
    }
    once()
}
