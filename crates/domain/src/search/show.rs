use std::sync::Arc;

use super::AccountRecord;
use crate::account::AccountRef;
use crate::approval::history;
use crate::mail::Bounce;
use crate::store::{Store, StoreError};

/// Shows one account to staff.
pub struct ShowAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl ShowAccount {
    /// Returns the account with its history and the state of its mail, or `None` if there is no such account.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn run(&self, account: &AccountRef) -> Result<Option<AccountRecord>, StoreError> {
        let mut repositories = self.store.autocommit()?;
        let Some(id) = repositories.search().resolve(account)? else { return Ok(None) };
        let Some(found) = repositories.search().read(&[id])?.pop() else { return Ok(None) };
        let suspensions = repositories.suspensions().history(id)?;
        let events = history(&mut *repositories.approvals(), &found.account)?;
        let last_bounce = repositories.outbox().last_dead(id)?.and_then(Bounce::of);
        Ok(Some(AccountRecord { found, suspensions, events, last_bounce }))
    }
}
