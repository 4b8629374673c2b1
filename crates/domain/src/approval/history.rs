use std::sync::Arc;

use super::{Approval, ApprovalError};
use crate::account::AccountRef;
use crate::store::Store;

/// Reads the decisions on an application.
pub struct ReadHistory {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
}

impl ReadHistory {
    /// Returns every decision on an application, oldest first.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`].
    pub fn run(&self, account: &AccountRef) -> Result<Vec<Approval>, ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let mut approvals = repositories.approvals();
        let application = approvals.find(account)?.ok_or(ApprovalError::UnknownApplication)?;
        let mut decisions = approvals.decisions(application.id)?;
        // The previous release decides without appending.
        if application.approval != Approval::Pending && !decisions.contains(&application.approval) {
            decisions.push(application.approval);
        }
        Ok(decisions)
    }
}
