use std::sync::Arc;

use super::{Application, Approval, ApprovalError};
use crate::account::AccountRef;
use crate::store::Store;

/// An application and its decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationHistory {
    /// The application in its current state.
    pub application: Application,
    /// Every decision, oldest first.
    pub decisions: Vec<Approval>,
}

/// Reads the decisions on an application.
pub struct ReadHistory {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
}

impl ReadHistory {
    /// Returns the history of an application.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`].
    pub fn run(&self, account: &AccountRef) -> Result<ApplicationHistory, ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let mut approvals = repositories.approvals();
        let application = approvals.find(account)?.ok_or(ApprovalError::UnknownApplication)?;
        let mut decisions = approvals.decisions(application.id)?;
        // The previous release decides without appending.
        if application.approval != Approval::Pending && !decisions.contains(&application.approval) {
            decisions.push(application.approval.clone());
        }
        Ok(ApplicationHistory { application, decisions })
    }
}
