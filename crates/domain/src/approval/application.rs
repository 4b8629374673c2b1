use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use strum::IntoStaticStr;

use super::{ApprovalState, RejectionReason};
use crate::account::{Account, Fact, FactValue};
use crate::ids::RecordId;
use crate::reason::Reason;
use crate::staff::Actor;

/// An application, as staff see it: an account whose role needs an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The account, with the approval that is in force for the applicant.
    pub account: Account,
    /// The state for staff: the result of the last decision, also while that decision is held.
    pub state: ApprovalState,
    /// When it was first submitted; for a change to vetted facts, when the owner made it.
    pub submitted_at: DateTime<Utc>,
    /// When the applicant last corrected it and sent it again.
    pub resubmitted_at: Option<DateTime<Utc>>,
    /// When the last decision takes effect for the applicant, if it is held.
    pub effective_at: Option<DateTime<Utc>>,
    /// The member of staff who reads it. An expired claim counts for nothing.
    pub claim: Option<ApplicationClaim>,
    /// Number of accounts that may be the same person or organisation, as counted after the last
    /// submission; `None` until they are counted.
    pub possible_duplicates: Option<u32>,
}

impl Application {
    /// Returns the claim, unless it has expired at `now`.
    #[must_use]
    pub fn claim_at(&self, now: DateTime<Utc>) -> Option<&ApplicationClaim> {
        self.claim.as_ref().filter(|claim| claim.until > now)
    }

    /// Returns the state that follows from what is in force for the applicant.
    #[must_use]
    pub fn state_in_force(&self) -> ApprovalState {
        self.account.approval_state().unwrap_or(ApprovalState::Approved)
    }

    /// Returns when it was last submitted.
    #[must_use]
    pub fn last_submitted_at(&self) -> DateTime<Utc> {
        // A change to vetted facts may be later than a correction before the approval.
        self.resubmitted_at.map_or(self.submitted_at, |at| at.max(self.submitted_at))
    }
}

/// A lease of an application, so that two reviewers do not read the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationClaim {
    /// The member of staff who holds it.
    pub by: Actor,
    /// When it expires.
    pub until: DateTime<Utc>,
}

/// An event in the history of an application. Events are appended and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationEvent {
    /// The event's id; ids of later events are greater.
    pub id: RecordId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The member of staff; `None` if the applicant acted.
    pub by: Option<Actor>,
    /// When a decision takes effect for the applicant, if it was held.
    pub effective_at: Option<DateTime<Utc>>,
    /// What happened.
    pub kind: ApplicationEventKind,
}

/// What happened to an application.
#[derive(Debug, Clone, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ApplicationEventKind {
    /// The applicant corrected the application and sent it again.
    Resubmitted,
    /// The owner of an approved account changed vetted facts.
    ChangesSubmitted,
    /// Staff asked for corrections.
    ChangesRequested {
        /// The message to the applicant.
        message: Reason,
        /// The facts to correct.
        fields: Vec<Fact>,
        /// All facts at that time.
        facts: Facts,
    },
    /// Staff approved the application.
    Approved {
        /// A note for staff.
        note: Option<Reason>,
    },
    /// Staff rejected the application. At least one of the two is given.
    Rejected {
        /// The kind of reason.
        code: Option<RejectionReason>,
        /// The reason, for the applicant.
        reason: Option<Reason>,
    },
    /// Staff accepted changes to vetted facts.
    ChangesAccepted {
        /// A note for staff.
        note: Option<Reason>,
    },
    /// Staff refused changes to vetted facts. At least one of the two is given.
    ChangesRefused {
        /// The kind of reason.
        code: Option<RejectionReason>,
        /// The reason, for the account holder.
        reason: Option<Reason>,
    },
    /// Staff took back a decision that was in force.
    Reopened {
        /// The reason, for staff.
        reason: Reason,
    },
    /// Staff took back a decision that was held.
    Undone,
    /// A member of staff took over the application that another one had claimed.
    TakenOver {
        /// The name of the other one.
        from: String,
    },
}

impl ApplicationEventKind {
    /// Returns the kind's name, in responses, commands and the database.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.into()
    }

    /// Returns the state that the decision of staff leads to; `None` if it is not a decision.
    #[must_use]
    pub const fn state(&self) -> Option<ApprovalState> {
        match self {
            Self::ChangesRequested { .. } => Some(ApprovalState::ChangesRequested),
            Self::Approved { .. } | Self::ChangesAccepted { .. } | Self::ChangesRefused { .. } => {
                Some(ApprovalState::Approved)
            }
            Self::Rejected { .. } => Some(ApprovalState::Rejected),
            Self::Reopened { .. } => Some(ApprovalState::Pending),
            Self::Resubmitted | Self::ChangesSubmitted | Self::Undone | Self::TakenOver { .. } => None,
        }
    }

    /// Returns whether it is a decision of staff.
    #[must_use]
    pub const fn is_decision(&self) -> bool {
        self.state().is_some()
    }
}

/// The values of an account's facts, without those that are not given.
pub type Facts = BTreeMap<Fact, FactValue>;

/// Returns the facts of `account`.
#[must_use]
pub fn facts_of(account: &Account) -> Facts {
    Fact::ALL.iter().filter_map(|fact| Some((*fact, fact.of(account)?))).collect()
}
