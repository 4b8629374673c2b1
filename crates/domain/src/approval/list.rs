use std::sync::Arc;

use super::{Application, ApplicationFilter, ApprovalError};
use crate::store::Store;

/// A list of applications, and their total number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applications {
    /// The applications within the limit, in the order of registration.
    pub listed: Vec<Application>,
    /// The number of applications that match, without the limit.
    pub total: u64,
}

/// Lists applications for staff.
pub struct ListApplications {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
}

impl ListApplications {
    /// Returns the applications that match `filter`.
    pub fn run(&self, filter: ApplicationFilter) -> Result<Applications, ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let listed = repositories.approvals().list(filter)?;
        let total = repositories.approvals().count(filter)?;
        Ok(Applications { listed, total })
    }
}
