use std::sync::Arc;

use super::{Application, ApplicationFilter, ApprovalError};
use crate::store::Store;

/// Applications, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applications {
    /// Those within the limit, in the order of their registration.
    pub listed: Vec<Application>,
    /// How many match without the limit.
    pub total: u64,
}

/// Lists applications for staff.
#[derive(Clone)]
pub struct ListApplications {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
}

impl ListApplications {
    /// The applications that match `filter`.
    pub fn run(&self, filter: ApplicationFilter) -> Result<Applications, ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let listed = repositories.approvals().list(filter)?;
        let total = repositories.approvals().count(filter)?;
        Ok(Applications { listed, total })
    }
}
