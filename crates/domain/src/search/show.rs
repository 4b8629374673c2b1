use std::sync::Arc;

use super::AccountRecord;
use crate::account::AccountRef;
use crate::approval::history;
use crate::store::{Store, StoreError};

/// Shows one account to staff.
pub struct ShowAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl ShowAccount {
    /// Returns the account with its history, or `None` if there is no such account.
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
        Ok(Some(AccountRecord { found, suspensions, events }))
    }
}
