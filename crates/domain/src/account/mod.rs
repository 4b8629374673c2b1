//! Accounts: a profile that every holder has, and the role that makes them a patient, a doctor, a hospital
//! or a laboratory.

mod change;
mod doctor;
mod error;
mod fields;
mod hospital;
mod import;
mod labo;
mod list;
mod patient;
mod ports;
mod profile;
mod read;
mod register;
mod role;

pub use change::{AccountChange, Change, ChangeAccount, HolderChange, ProfileChange};
pub use doctor::Doctor;
pub use error::AccountError;
pub use fields::*;
pub use hospital::Hospital;
pub use import::ImportAccounts;
pub use labo::Labo;
pub use list::ListAccounts;
pub use patient::Patient;
pub use ports::{AccountRepository, InsertError, UniqueField};
pub use profile::Profile;
pub use read::ReadAccount;
pub use register::{Register, Registered, Registration};
pub use role::{Role, RoleDetails};

use std::fmt;

use chrono::{DateTime, Utc};

use crate::approval::Approval;
use crate::ids::ProfileId;

/// One account: who holds it, and whether staff let them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The one id of the account; the tokens' `user_id`.
    pub id: ProfileId,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// What every holder has.
    pub profile: Profile,
    /// What this role has beside it.
    pub details: RoleDetails,
    /// What staff decided; `None` for a patient, who waits for nobody.
    pub approval: Option<Approval>,
}

/// What names an account to staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountRef {
    /// Its id.
    Id(ProfileId),
    /// Its e-mail, in any case.
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
    /// The holder's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.details.role()
    }

    /// Whether the account may log in: a patient always, the others once staff approved them.
    #[must_use]
    pub const fn is_approved(&self) -> bool {
        matches!(self.approval, None | Some(Approval::Approved(_)))
    }
}
