//! Approvals: staff decide whether a doctor, a hospital or a laboratory may log in.

mod decide;
mod error;
mod history;
mod list;
mod ports;

pub use decide::{Decide, DecisionRequest};
pub use error::ApprovalError;
pub use history::{ApplicationHistory, ReadHistory};
pub use list::{Applications, ListApplications};
pub use ports::{Application, ApplicationFilter, ApprovalRepository};

use chrono::{DateTime, Utc};

use crate::reason::Reason;
use crate::staff_name::StaffName;

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Nobody has decided yet.
    Pending,
    /// The account may log in.
    Approved(Decision),
    /// The account may not log in.
    Rejected(Decision),
}

impl Approval {
    /// The state alone.
    #[must_use]
    pub const fn state(&self) -> ApprovalState {
        match self {
            Self::Pending => ApprovalState::Pending,
            Self::Approved(_) => ApprovalState::Approved,
            Self::Rejected(_) => ApprovalState::Rejected,
        }
    }

    /// What was decided, if anything.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Pending => None,
            Self::Approved(decision) | Self::Rejected(decision) => Some(decision),
        }
    }
}

/// The state of an [`Approval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalState {
    /// Waiting.
    Pending,
    /// Let in.
    Approved,
    /// Turned down.
    Rejected,
}

impl ApprovalState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Rejected];

    /// The state's word, in commands and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// The state of that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Who decided, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who decided.
    pub by: StaffName,
    /// When.
    pub at: DateTime<Utc>,
    /// Why; a rejection always says.
    pub reason: Option<Reason>,
}
