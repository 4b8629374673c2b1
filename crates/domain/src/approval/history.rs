use std::sync::Arc;

use super::{Application, Approval, ApprovalError};
use crate::account::AccountRef;
use crate::store::Store;

/// An application, and what was decided on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationHistory {
    /// The application as it stands now.
    pub application: Application,
    /// Every decision, the first one first.
    pub decisions: Vec<Approval>,
}

/// Shows staff what was decided on an application, and what before that.
#[derive(Clone)]
pub struct ReadHistory {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
}

impl ReadHistory {
    /// The history of an application.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`].
    pub fn run(&self, account: &AccountRef) -> Result<ApplicationHistory, ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let mut approvals = repositories.approvals();
        let application = approvals.find(account)?.ok_or(ApprovalError::UnknownApplication)?;
        let mut decisions = approvals.decisions(application.id)?;
        // The release before this one decides without appending.
        if application.approval != Approval::Pending && !decisions.contains(&application.approval) {
            decisions.push(application.approval.clone());
        }
        Ok(ApplicationHistory { application, decisions })
    }
}
