//! Approvals: staff decide whether a doctor, a hospital or a laboratory may log in.

mod application;
mod claim;
mod count_duplicates;
mod decide;
mod edit;
mod error;
mod history;
mod in_force;
mod ports;
mod queue;
mod read;
mod rejection_reason;
mod request;
mod settle;
mod status;
mod submit;

pub use application::{
    Application, ApplicationClaim, ApplicationEvent, ApplicationEventKind, Facts, facts_of,
};
pub use claim::Claim;
pub use count_duplicates::CountDuplicates;
pub use decide::{Decide, DecisionKind};
pub use edit::ApplicationEditor;
pub use error::ApprovalError;
pub(crate) use history::history;
pub use ports::{ApprovalRepository, QueueCursor, QueueFilter, ReviewStats, ReviewedDay, ReviewerCount};
pub use queue::ReadQueue;
pub use read::{ApplicationDetails, ComparedDuplicate, FactChange, ReadApplication};
pub use rejection_reason::RejectionReason;
pub use request::{Outcome, Repeat, StaffRequest};
pub use settle::SettleDecisions;
pub use status::{CheckApplication, CheckedApplication};
pub use submit::Resubmit;
pub(crate) use submit::submit_changes;

use chrono::{DateTime, Utc};
use strum::{IntoStaticStr, VariantArray};

use crate::account::Fact;
use crate::reason::Reason;
use crate::staff_name::StaffName;

/// The state of an application, with the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// No decision yet.
    Pending,
    /// Staff asked the applicant for corrections.
    ChangesRequested(ChangeRequest),
    /// Staff approved the account.
    Approved(Decision),
    /// Staff rejected the account.
    Rejected(Decision),
}

impl Approval {
    /// Returns the state without the decision.
    #[must_use]
    pub const fn state(&self) -> ApprovalState {
        match self {
            Self::Pending => ApprovalState::Pending,
            Self::ChangesRequested(_) => ApprovalState::ChangesRequested,
            Self::Approved(_) => ApprovalState::Approved,
            Self::Rejected(_) => ApprovalState::Rejected,
        }
    }

    /// Returns the decision, if there is one.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Pending | Self::ChangesRequested(_) => None,
            Self::Approved(decision) | Self::Rejected(decision) => Some(decision),
        }
    }
}

/// The state of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ApprovalState {
    /// Waiting for a decision.
    Pending,
    /// Waiting for the applicant's corrections.
    ChangesRequested,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Approved, with changes to vetted facts that wait for a decision.
    ChangesPending,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the state's name, in commands and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the state with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// A decision: the member of staff, the time and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The member of staff who decided.
    pub by: StaffName,
    /// The time.
    pub at: DateTime<Utc>,
    /// The reason of a rejection, for the applicant: a rejection has this, a code, or both. The note of
    /// an approval, for staff.
    pub reason: Option<Reason>,
    /// The kind of reason of a rejection.
    pub code: Option<RejectionReason>,
}

/// A request for corrections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// The time.
    pub at: DateTime<Utc>,
    /// The message to the applicant.
    pub message: Reason,
    /// The facts to correct.
    pub fields: Vec<Fact>,
}
