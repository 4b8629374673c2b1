use std::collections::VecDeque;
use std::sync::Arc;

use super::Account;
use crate::ids::ProfileId;
use crate::store::{Store, StoreError};

/// Lists all accounts, for batch tools.
pub struct ListAccounts {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl ListAccounts {
    /// Number of accounts that one query reads.
    const PAGE: u32 = 500;

    /// Iterates over all accounts in the order of their ids, which is approximately the order of
    /// registration. It may include accounts that are added during the iteration. Memory use does
    /// not depend on the number of accounts. No connection is held between pages.
    ///
    /// An error ends the iteration.
    pub fn iter(&self) -> impl Iterator<Item = Result<Account, StoreError>> + '_ {
        let mut page = VecDeque::new();
        let mut after = None;
        let mut is_last = false;
        std::iter::from_fn(move || {
            if page.is_empty() && !is_last {
                match self.page(after) {
                    Ok(accounts) => page.extend(accounts),
                    Err(error) => {
                        is_last = true;
                        return Some(Err(error));
                    }
                }
                is_last = page.len() < Self::PAGE as usize;
            }
            let account: Account = page.pop_front()?;
            after = Some(account.id);
            Some(Ok(account))
        })
    }

    fn page(&self, after: Option<ProfileId>) -> Result<Vec<Account>, StoreError> {
        self.store.autocommit()?.accounts().page(after, Self::PAGE)
    }
}
