use std::sync::Arc;

use super::{FoundAccount, SearchFilter};
use crate::ids::ProfileId;
use crate::store::{Store, StoreError};

/// Lists accounts in pages, for staff.
pub struct BrowseAccounts {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl BrowseAccounts {
    /// Returns up to `limit` accounts that match `filter` and whose ids are greater than `after`, in
    /// the order of their ids, which is approximately the order of registration.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn run(
        &self,
        filter: &SearchFilter,
        after: Option<ProfileId>,
        limit: u32,
    ) -> Result<Vec<FoundAccount>, StoreError> {
        let mut repositories = self.store.autocommit()?;
        let mut search = repositories.search();
        let ids = search.page(filter, after, limit)?;
        let mut found = search.read(&ids)?;
        found.sort_unstable_by_key(|found| found.account.id);
        Ok(found)
    }
}
