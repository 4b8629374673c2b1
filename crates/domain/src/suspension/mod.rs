//! Suspensions: staff keep an account of any role from logging in, for a while or for good.

mod error;
mod ports;
mod reinstate;
mod suspend;

pub use error::SuspensionError;
pub use ports::{AccountStanding, SuspensionRepository};
pub use reinstate::Reinstate;
pub use suspend::Suspend;

use chrono::{DateTime, Utc};

use crate::account::AccountRef;
use crate::reason::Reason;
use crate::staff_name::StaffName;

/// Who kept an account from logging in, when and why; and who let it in again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Who decided it.
    pub by: StaffName,
    /// Why.
    pub reason: Reason,
    /// Its end; `None` while it is in force.
    pub reinstatement: Option<Reinstatement>,
}

/// The end of a suspension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reinstatement {
    /// When.
    pub at: DateTime<Utc>,
    /// Who decided it.
    pub by: StaffName,
}

/// Whom a member of staff wants suspended or reinstated.
#[derive(Debug, Clone)]
pub struct SuspensionRequest {
    /// Whose account, of whatever role.
    pub account: AccountRef,
    /// Who decides.
    pub by: StaffName,
}
