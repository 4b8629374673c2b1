use std::sync::Arc;

use super::{Account, AccountError};
use crate::clock::Clock;
use crate::session::{Caller, TokenError};
use crate::store::Store;

/// Reads the callers' own accounts.
#[derive(Clone)]
pub struct ReadAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Tells whether the session is live.
    pub clock: Arc<dyn Clock>,
}

impl ReadAccount {
    /// Returns the account of each caller, in the order of `callers`. One query, however many they
    /// are.
    ///
    /// # Errors
    ///
    /// [`AccountError::Token`] if the session is not live, or the account does not exist any more.
    #[must_use]
    pub fn run(&self, callers: &[Caller]) -> Vec<Result<Account, AccountError>> {
        let mut repositories = match self.store.autocommit() {
            Ok(repositories) => repositories,
            Err(error) => return callers.iter().map(|_| Err(error.clone().into())).collect(),
        };
        let wanted: Vec<_> = callers.iter().map(|caller| (caller.profile_id, caller.session)).collect();
        let found = repositories.accounts().find_in_sessions(&wanted, self.clock.now());
        found.into_iter().map(|found| found?.ok_or_else(|| TokenError::SessionEnded.into())).collect()
    }
}
