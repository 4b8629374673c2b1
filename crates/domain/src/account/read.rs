use std::sync::Arc;

use super::Account;
use crate::clock::Clock;
use crate::error::Error;
use crate::session::{Claims, TokenError};
use crate::store::Store;

/// Reads an account for its own holder.
pub struct ReadAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Tells whether the session is live.
    pub clock: Arc<dyn Clock>,
}

impl ReadAccount {
    /// The caller's account, in one query.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the session has ended, or the account is gone.
    pub fn run(&self, caller: &Claims) -> Result<Account, Error> {
        let mut repositories = self.store.autocommit()?;
        let found =
            repositories.accounts().find_in_session(caller.user_id, caller.session, self.clock.now())?;
        found.ok_or_else(|| TokenError::SessionEnded.into())
    }
}
