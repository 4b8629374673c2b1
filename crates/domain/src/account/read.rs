use std::sync::Arc;

use super::{Account, AccountError};
use crate::clock::Clock;
use crate::session::{Caller, TokenError};
use crate::store::{Store, result_of};

/// Reads the callers' own accounts.
pub struct ReadAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Tells whether the session is live.
    pub clock: Arc<dyn Clock>,
}

impl ReadAccount {
    /// Returns the account of each caller, in the order of `callers`. One query for each role,
    /// however many they are.
    ///
    /// # Errors
    ///
    /// [`AccountError::Token`] if the session is not live, or the account does not exist any more.
    #[must_use]
    pub fn run(&self, callers: &[Caller]) -> Vec<Result<Account, AccountError>> {
        let now = self.clock.now();
        let results = self.store.autocommit();
        let results = results.and_then(|mut open| open.accounts().find_in_sessions(callers, now));
        let answer = |caller: &Caller| {
            let account = result_of(&results, caller.session)?;
            let own = account.filter(|account| account.id == caller.profile_id);
            own.ok_or_else(|| TokenError::SessionEnded.into())
        };
        callers.iter().map(answer).collect()
    }
}
