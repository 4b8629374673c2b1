//! Approvals: staff decide whether a doctor, a hospital or a laboratory may log in.

mod decide;
mod error;
mod history;
mod list;
mod ports;

pub use decide::{Decide, DecisionRequest};
pub use error::ApprovalError;
pub use history::ReadHistory;
pub use list::{Applications, ListApplications};
pub use ports::{Application, ApplicationFilter, ApprovalRepository};

use chrono::{DateTime, Utc};
use strum::{IntoStaticStr, VariantArray};

use crate::reason::Reason;
use crate::staff_name::StaffName;

/// The state of an application, with the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// No decision yet.
    Pending,
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
            Self::Approved(_) => ApprovalState::Approved,
            Self::Rejected(_) => ApprovalState::Rejected,
        }
    }

    /// Returns the decision, if there is one.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Pending => None,
            Self::Approved(decision) | Self::Rejected(decision) => Some(decision),
        }
    }
}

/// The state of an [`Approval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ApprovalState {
    /// Waiting for a decision.
    Pending,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
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
    /// The reason; a rejection always has one.
    pub reason: Option<Reason>,
}
