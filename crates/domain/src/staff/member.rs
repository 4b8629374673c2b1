use std::fmt;

use chrono::{DateTime, Utc};

use super::{Actor, Scope, StaffCaller, StaffRole};
use crate::account::EmailAddress;
use crate::field::FieldError;
use crate::ids::StaffId;
use crate::password::Password;
use crate::staff_name::StaffName;

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// The member's id.
    pub id: StaffId,
    /// The login name. No two members share it; an account of another kind may have it too.
    pub email: EmailAddress,
    /// The person's name.
    pub name: StaffName,
    /// The health directorate that the person works for.
    pub directorate: Option<StaffName>,
    /// What the person may do.
    pub role: StaffRole,
    /// Which applications a reviewer sees and decides on.
    pub scope: Scope,
    /// When the member was created.
    pub created_at: DateTime<Utc>,
    /// Since when the member may not log in, if it is disabled.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the person last logged in.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl StaffMember {
    /// Returns the member as the caller of a use case.
    #[must_use]
    pub fn caller(&self) -> StaffCaller {
        let actor =
            Actor { id: Some(self.id), name: self.name.clone(), directorate: self.directorate.clone() };
        StaffCaller { actor, role: self.role, scope: self.scope.clone() }
    }

    /// Returns whether the member may log in.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Returns whether the member is an admin who may log in.
    #[must_use]
    pub fn is_enabled_admin(&self) -> bool {
        self.is_enabled() && self.role == StaffRole::Admin
    }
}

/// What an admin may change of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffDetails {
    /// The person's name.
    pub name: StaffName,
    /// The health directorate that the person works for.
    pub directorate: Option<StaffName>,
    /// What the person may do.
    pub role: StaffRole,
    /// Which applications a reviewer sees and decides on.
    pub scope: Scope,
}

/// How a request names a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffRef {
    /// The member's id.
    Id(StaffId),
    /// The member's e-mail, case-insensitive.
    Email(EmailAddress),
}

impl fmt::Display for StaffRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "the id {id}"),
            Self::Email(email) => write!(f, "the e-mail {email}"),
        }
    }
}

/// A new password of a member of staff, which is longer than those of other accounts.
#[derive(Debug)]
pub struct StaffPassword(Password);

impl StaffPassword {
    /// Minimum number of code points.
    pub const MIN: usize = 12;

    /// Parses a password: [`Self::MIN`] to [`Password::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let password = match Password::parse(text) {
            Err(FieldError::TooShort { .. }) => return Err(FieldError::TooShort { min: Self::MIN }),
            parsed => parsed?,
        };
        if password.expose().chars().count() < Self::MIN {
            return Err(FieldError::TooShort { min: Self::MIN });
        }
        Ok(Self(password))
    }

    /// Returns the password, for the hasher.
    #[must_use]
    pub const fn password(&self) -> &Password {
        &self.0
    }
}
