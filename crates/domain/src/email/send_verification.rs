use std::sync::Arc;

use super::EmailError;
use crate::clock::Clock;
use crate::mail::{AccountLink, Outbox};
use crate::session::{Caller, TokenError};
use crate::store::{Store, result_of};

/// Sends the mail that confirms the address of an account again.
pub struct SendVerification {
    /// Stores accounts.
    pub store: Arc<dyn Store>,
    /// Writes the mail.
    pub outbox: Outbox,
    /// Tells the time of the mail.
    pub clock: Arc<dyn Clock>,
}

impl SendVerification {
    /// Adds the mail to the outbox. Does nothing if the address is confirmed, or a limit is reached.
    ///
    /// # Errors
    ///
    /// [`EmailError::Token`] if the caller's session is not live.
    pub fn run(&self, caller: &Caller) -> Result<(), EmailError> {
        let now = self.clock.now();
        let callers = std::slice::from_ref(caller);
        let found = self.store.autocommit()?.accounts().find_in_sessions(callers, now);
        let account = result_of(&found, caller.session)?.ok_or(TokenError::SessionEnded)?;
        if account.email_verified_at.is_none() {
            self.outbox.send_link(&*self.store, account.id, AccountLink::VerifyEmail, now)?;
        }
        Ok(())
    }
}
