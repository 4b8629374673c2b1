//! The store, its transactions and its repositories, as ports.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::account::AccountRepository;
use crate::approval::ApprovalRepository;
use crate::error::Error;
use crate::ids::SessionId;
use crate::key::KeyUseRepository;
use crate::password::PasswordRepository;
use crate::session::SessionRepository;
use crate::suspension::SuspensionRepository;

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

/// Checks whether the service can do its work.
pub struct CheckStore {
    /// The store to check.
    pub store: Arc<dyn Store>,
}

impl CheckStore {
    /// Checks the store.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the store cannot do its work.
    pub fn run(&self) -> Result<(), StoreError> {
        self.store.ping()
    }
}

/// One repository for each noun, all on one connection or in one transaction.
pub trait Repositories {
    /// Returns the repository of accounts.
    fn accounts(&mut self) -> Box<dyn AccountRepository + '_>;
    /// Returns the repository of passwords.
    fn passwords(&mut self) -> Box<dyn PasswordRepository + '_>;
    /// Returns the repository of approvals.
    fn approvals(&mut self) -> Box<dyn ApprovalRepository + '_>;
    /// Returns the repository of suspensions.
    fn suspensions(&mut self) -> Box<dyn SuspensionRepository + '_>;
    /// Returns the repository of sessions.
    fn sessions(&mut self) -> Box<dyn SessionRepository + '_>;
    /// Returns the repository of uses of signing keys.
    fn key_uses(&mut self) -> Box<dyn KeyUseRepository + '_>;
}

/// Repositories whose changes take effect together or not at all.
pub trait Transaction: Repositories {
    /// Commits the changes. When this returns `Ok`, they MUST survive a crash of the machine.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Results of a batch call, by session. An adapter MUST return a result for each session that it
/// was called with.
pub type BatchResults<T> = HashMap<SessionId, Result<T, StoreError>>;

/// Returns the result of one session of a batch.
///
/// # Errors
///
/// The error of the batch or of the session. [`StoreError::Unexpected`] if the adapter returned no
/// result for the session: it is then unknown what the adapter did, so nothing may be concluded
/// about the session.
pub(crate) fn result_of<T: Clone>(
    results: &Result<BatchResults<T>, StoreError>,
    session: SessionId,
) -> Result<T, StoreError> {
    let missing = || Err(StoreError::Unexpected("a batch call returned no result for a session".to_owned()));
    let results = results.as_ref().map_err(StoreError::clone)?;
    results.get(&session).cloned().unwrap_or_else(missing)
}

/// Maximum number of attempts to run a transaction that conflicts with others.
const MAX_ATTEMPTS: u8 = 3;

/// Runs `work` in a transaction, and commits the transaction if `work` succeeds. A transaction that
/// conflicts with another one has changed nothing, and is run again.
///
/// # Errors
///
/// The error of `work` or of the store. The transaction has then changed nothing.
pub fn in_transaction<T>(
    store: &dyn Store,
    mut work: impl FnMut(&mut dyn Repositories) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut once = || {
        let mut transaction = store.begin()?;
        let done = work(&mut *transaction)?;
        transaction.commit()?;
        Ok(done)
    };
    for _ in 1..MAX_ATTEMPTS {
        match once() {
            Err(Error::Store(StoreError::Conflict)) => {}
            outcome => return outcome,
        }
    }
    once()
}

/// Why the store failed. The texts are safe to log: they contain no personal data and no driver's
/// message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot do its work now. A later attempt may succeed.
    #[error("the store is unavailable: {0}")]
    Unavailable(Cow<'static, str>),
    /// Another transaction holds a lock on the data, and did not release it in time. Nothing was
    /// changed. A later attempt may succeed.
    #[error("another transaction has locked the data; try again after it has ended")]
    Locked,
    /// The transaction conflicts with another one, or with a change of the schema. Nothing was
    /// changed. Another attempt succeeds.
    #[error("the transaction conflicts with another one; run it again")]
    Conflict,
    /// A stored word that decides something is unknown to this release, or an account is
    /// incomplete. A value that only breaks a validation rule of this release is not an error: it
    /// is returned as it is stored.
    #[error("stored data is inconsistent: {0}")]
    Inconsistent(String),
    /// Any other failure: a defect.
    #[error("the store failed: {0}")]
    Unexpected(String),
}
