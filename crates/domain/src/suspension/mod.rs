//! Suspensions: staff keep an account of any role from logging in, temporarily or permanently.

mod error;
mod lift_throttle;
mod ports;
mod reinstate;
mod request;
mod revoke_sessions;
mod suspend;

pub use error::SuspensionError;
pub use lift_throttle::LiftThrottle;
pub use ports::{AccountStanding, SuspensionRepository};
pub use reinstate::Reinstate;
pub use request::SuspensionRequest;
pub use revoke_sessions::RevokeAllSessions;
pub use suspend::Suspend;

use chrono::{DateTime, Utc};

use crate::reason::Reason;
use crate::staff_name::StaffName;

/// A suspension, and its end if it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// When it began.
    pub at: DateTime<Utc>,
    /// The member of staff who decided.
    pub by: StaffName,
    /// The reason.
    pub reason: Reason,
    /// Its end; `None` while it is in force.
    pub reinstatement: Option<Reinstatement>,
}

/// The end of a suspension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reinstatement {
    /// The time.
    pub at: DateTime<Utc>,
    /// The member of staff who decided.
    pub by: StaffName,
}
