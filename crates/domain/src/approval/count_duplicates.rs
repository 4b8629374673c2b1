use std::sync::Arc;

use crate::account::AccountRef;
use crate::search::FindDuplicates;
use crate::store::{Store, StoreError};

/// Counts the possible duplicates of applications that were submitted.
#[derive(Clone)]
pub struct CountDuplicates {
    /// Where applications are kept.
    pub store: Arc<dyn Store>,
    /// Maximum number of applications in a batch.
    pub batch_size: u32,
}

impl CountDuplicates {
    /// Counts those of one batch of applications, the oldest submission first. Returns the number of
    /// applications; 0 if none is left.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let mut repositories = self.store.autocommit()?;
        let ids = repositories.approvals().uncounted(self.batch_size)?;
        let applications = repositories.approvals().read(&ids)?;
        drop(repositories);
        let search = FindDuplicates { store: self.store.clone() };
        let mut counted = 0;
        for application in applications {
            let (id, submitted_at) = (application.account.id, application.last_submitted_at());
            let found = search.run(&AccountRef::Id(id))?;
            let number = found.map_or(0, |found| found.possible.len());
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.store.autocommit()?.approvals().set_possible_duplicates(id, number, submitted_at)?;
            counted += 1;
        }
        Ok(counted)
    }
}
