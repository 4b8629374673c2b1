use chrono::{DateTime, Utc};

use super::{Approval, ApprovalState};
use crate::account::Account;

impl Account {
    /// Returns the state of the application that is in force for the applicant, and since when; `None`
    /// for a patient.
    #[must_use]
    pub fn application_state(&self) -> Option<(ApprovalState, DateTime<Utc>)> {
        let approval = self.approval.as_ref()?;
        Some(match approval {
            Approval::Approved(_) if self.pending_changes.is_some() => {
                (ApprovalState::ChangesPending, self.submitted_at)
            }
            Approval::Pending => (ApprovalState::Pending, self.submitted_at),
            Approval::ChangesRequested(request) => (ApprovalState::ChangesRequested, request.at),
            Approval::Approved(decision) | Approval::Rejected(decision) => (approval.state(), decision.at),
        })
    }
}
