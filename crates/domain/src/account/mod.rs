//! Accounts: a profile, and the details of its role: patient, doctor, hospital or laboratory.

mod change;
mod claims;
mod doctor;
mod error;
mod fact;
mod facts;
mod fields;
mod hospital;
mod import;
mod labo;
mod list;
mod patient;
mod pending_changes;
mod ports;
mod profile;
mod read;
mod register;
mod register_hidden;
mod role;
mod taken;
mod wanted;

pub use change::{ChangeAccount, ChangeOutcome};
pub use claims::{Claim, UniqueField};
pub use doctor::Doctor;
pub use error::AccountError;
pub use fact::{Fact, FactValue};
pub use fields::*;
pub use hospital::Hospital;
pub use import::ImportAccounts;
pub use labo::Labo;
pub use list::ListAccounts;
pub use patient::Patient;
pub use pending_changes::PendingChanges;
pub use ports::{AccountRepository, InsertError, NewAccount};
pub use profile::Profile;
pub use read::ReadAccount;
pub use register::{Register, Registered, Registration};
pub use register_hidden::RegisterHidden;
pub use role::{PerRole, Role, RoleDetails};

use std::fmt;

use chrono::{DateTime, Utc};

use crate::approval::{Approval, ApprovalState};
use crate::ids::ProfileId;

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's id; the tokens' `user_id`.
    pub id: ProfileId,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// When the owner confirmed the e-mail address; `None` if the present one is not confirmed.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// When it was last submitted to staff: at registration, with corrections, or with changes to
    /// vetted facts. Follows from the times of the application, which are stored.
    pub submitted_at: DateTime<Utc>,
    /// The data that every account has.
    pub profile: Profile,
    /// The data that the role adds.
    pub details: RoleDetails,
    /// The decision of staff; `None` for a patient, who needs no approval.
    pub approval: Option<Approval>,
    /// Changes to vetted facts of an approved account, which wait for a decision of staff. The account
    /// has the vetted values until then.
    pub pending_changes: Option<PendingChanges>,
}

/// Identifies an account for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountRef {
    /// The account's id.
    Id(ProfileId),
    /// The account's e-mail, case-insensitive.
    Email(EmailAddress),
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "the id {id}"),
            Self::Email(email) => write!(f, "the e-mail {email}"),
        }
    }
}

impl Account {
    /// Returns the account's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.details.role()
    }

    /// Returns the state of the account's application, as it is in force; `None` for a patient.
    #[must_use]
    pub fn approval_state(&self) -> Option<ApprovalState> {
        match self.approval.as_ref()? {
            Approval::Approved(_) if self.pending_changes.is_some() => Some(ApprovalState::ChangesPending),
            approval => Some(approval.state()),
        }
    }

    /// Returns since when that state is in force; of a patient, since the registration.
    #[must_use]
    pub fn approval_since(&self) -> DateTime<Utc> {
        match &self.approval {
            Some(Approval::ChangesRequested(request)) => request.at,
            Some(Approval::Approved(decision) | Approval::Rejected(decision))
                if self.pending_changes.is_none() =>
            {
                decision.at
            }
            _ => self.submitted_at,
        }
    }

    /// Returns whether staff have approved the account, or its role needs no approval. A suspended
    /// account stays approved.
    #[must_use]
    pub const fn is_approved(&self) -> bool {
        matches!(self.approval, None | Some(Approval::Approved(_)))
    }
}
