//! The store, its transactions and its repositories, as ports.

mod batch;
mod check;
mod error;

pub use batch::BatchResults;
pub(crate) use batch::result_of;
pub use check::CheckStore;
pub use error::StoreError;

use chrono::TimeDelta;

use crate::account::AccountRepository;
use crate::approval::ApprovalRepository;
use crate::idempotency::IdempotencyRepository;
use crate::key::KeyUseRepository;
use crate::mail::{MailRequestRepository, MailTokenRepository, OutboxRepository};
use crate::password::PasswordRepository;
use crate::rate_limit::RateLimitRepository;
use crate::search::AccountSearch;
use crate::session::{DeviceRepository, LegacyTokenRepository, SessionRepository};
use crate::staff::{StaffRepository, StaffSessionRepository};
use crate::suspension::SuspensionRepository;
use crate::throttle::ThrottleRepository;

/// Stores accounts and what belongs to them. All threads share one store.
pub trait Store: Send + Sync {
    /// Returns repositories without a transaction: each call is a transaction of its own, durable
    /// when it returns.
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError>;

    /// Opens a transaction. Others see its changes only after [`Transaction::commit`], and then all
    /// of them. A transaction that is dropped without a commit MUST leave no trace.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError>;

    /// Checks that the store can do its work now. MUST NOT wait for other users of the store, for
    /// example for a pooled connection or a lock.
    fn ping(&self) -> Result<(), StoreError>;

    /// Returns the last outage that this instance noticed. A response may have been lost during an
    /// outage, so that the client does not know whether its request succeeded. The reported
    /// duration MUST have an upper bound of minutes.
    fn last_outage(&self) -> Option<Outage>;
}

/// A period in which the store could not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Time since it began, or since the last success before it.
    pub began_ago: TimeDelta,
    /// Time since it ended; zero if it has not ended.
    pub ended_ago: TimeDelta,
}

/// One repository for each noun, all on one connection or in one transaction.
pub trait Repositories {
    /// Returns the repository of accounts.
    fn accounts(&mut self) -> Box<dyn AccountRepository + '_>;
    /// Returns the search for accounts.
    fn search(&mut self) -> Box<dyn AccountSearch + '_>;
    /// Returns the repository of passwords.
    fn passwords(&mut self) -> Box<dyn PasswordRepository + '_>;
    /// Returns the repository of approvals.
    fn approvals(&mut self) -> Box<dyn ApprovalRepository + '_>;
    /// Returns the repository of suspensions.
    fn suspensions(&mut self) -> Box<dyn SuspensionRepository + '_>;
    /// Returns the repository of sessions.
    fn sessions(&mut self) -> Box<dyn SessionRepository + '_>;
    /// Returns the repository of staff.
    fn staff(&mut self) -> Box<dyn StaffRepository + '_>;
    /// Returns the repository of the sessions of staff.
    fn staff_sessions(&mut self) -> Box<dyn StaffSessionRepository + '_>;
    /// Returns the repository of the devices that accounts were used from.
    fn devices(&mut self) -> Box<dyn DeviceRepository + '_>;
    /// Returns the messages that wait for delivery.
    fn outbox(&mut self) -> Box<dyn OutboxRepository + '_>;
    /// Returns the repository of the tokens in mails.
    fn mail_tokens(&mut self) -> Box<dyn MailTokenRepository + '_>;
    /// Returns the requests for mails.
    fn mail_requests(&mut self) -> Box<dyn MailRequestRepository + '_>;
    /// Returns what counts events.
    fn rate_limits(&mut self) -> Box<dyn RateLimitRepository + '_>;
    /// Returns what counts failed attempts.
    fn throttles(&mut self) -> Box<dyn ThrottleRepository + '_>;
    /// Returns the repository of recorded requests.
    fn idempotency(&mut self) -> Box<dyn IdempotencyRepository + '_>;
    /// Returns the repository of uses of signing keys.
    fn key_uses(&mut self) -> Box<dyn KeyUseRepository + '_>;
    /// Returns the repository of blocked legacy tokens.
    fn legacy_tokens(&mut self) -> Box<dyn LegacyTokenRepository + '_>;
}

/// Repositories whose changes take effect together or not at all.
pub trait Transaction: Repositories {
    /// Commits the changes. When this returns `Ok`, they MUST survive a crash of the machine.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Maximum number of attempts to run a transaction that conflicts with others.
const MAX_ATTEMPTS: u8 = 3;

/// Runs `work` in a transaction, and commits the transaction if `work` succeeds. A transaction that
/// conflicts with another one has changed nothing, and is run again.
///
/// # Errors
///
/// The error of `work` or of the store. The transaction has then changed nothing.
pub fn in_transaction<T, E: From<StoreError> + PartialEq>(
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
            Err(error) if error == StoreError::Conflict.into() => {}
            outcome => return outcome,
        }
    }
    once()
}
