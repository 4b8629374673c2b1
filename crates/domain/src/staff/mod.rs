//! Staff: the people who review applications, and those who administer accounts. They are another
//! kind of account, with a table and sessions of their own.

mod authenticate;
mod create;
mod error;
mod issue;
mod login;
mod manage;
mod member;
mod ports;
mod refresh;
mod request;
mod reset;
mod scope;
mod second_factor;
mod session;

pub use authenticate::AuthenticateStaff;
pub use create::{CreateStaff, CreatedStaff, NewStaff};
pub use error::{StaffError, StaffSessionError};
pub use issue::StaffSessionIssuer;
pub use login::{RefusedStaffLogin, StaffLoggedIn, StaffLogin, StaffLoginAttempt};
pub use manage::{ChangeStaff, DisableStaff, EnableStaff, ListStaff, ReadStaff};
pub use member::{StaffDetails, StaffMember, StaffPassword, StaffRef};
pub use ports::{StaffCredentials, StaffRepository, StaffSessionRepository, StoredSecondFactor};
pub use refresh::{RefreshStaff, StaffLogout};
pub use request::ManagementRequest;
pub use reset::{ResetSecondFactor, ResetStaffPassword, SecondFactorMaker};
pub use scope::Scope;
pub(crate) use scope::intersection;
#[cfg(feature = "testing")]
pub use second_factor::read_code;
pub use second_factor::{OneTimeCodes, OtpSecret, RecoveryCode, RecoveryDigest, SecondFactor};
pub use session::{
    StaffClaims, StaffEndReason, StaffRotation, StaffRotationOutcome, StaffSession, StaffTokenIssuer,
    StaffTokenKind,
};

use strum::{IntoStaticStr, VariantArray, VariantNames};

use crate::account::Account;
use crate::ids::StaffId;
use crate::staff_name::StaffName;

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum StaffRole {
    /// Reviews the applications in a [`Scope`].
    Reviewer,
    /// Sees everything, suspends and reinstates accounts, and manages staff.
    Admin,
}

impl StaffRole {
    /// Every role.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of every role.
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    /// Returns the role's name, in requests, tokens and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the role with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// The person who acted, as events keep it: in a distributed database, events cannot be joined with
/// the table of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The member of staff; `None` for a person at the terminal.
    pub id: Option<StaffId>,
    /// The person's name.
    pub name: StaffName,
    /// The health directorate that the person works for.
    pub directorate: Option<StaffName>,
}

impl Actor {
    /// Returns whether both are the same person. A person at the terminal has only a name.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && (self.id.is_some() || self.name == other.name)
    }
}

/// The member of staff who calls a use case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffCaller {
    /// The person.
    pub actor: Actor,
    /// What the person may do.
    pub role: StaffRole,
    /// Which applications a reviewer sees and decides on.
    pub scope: Scope,
}

impl StaffCaller {
    /// Returns a caller at the terminal, who may do everything.
    #[must_use]
    pub fn at_terminal(name: StaffName) -> Self {
        let actor = Actor { id: None, name, directorate: None };
        Self { actor, role: StaffRole::Admin, scope: Scope::default() }
    }

    /// Returns whether the person sees the account: an admin sees all, and a reviewer the applicants in
    /// the [`Scope`].
    #[must_use]
    pub fn sees(&self, account: &Account) -> bool {
        self.role == StaffRole::Admin || (account.approval.is_some() && self.scope.contains(account))
    }
}
