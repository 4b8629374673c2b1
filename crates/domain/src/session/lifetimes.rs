use chrono::TimeDelta;

use crate::account::{PerRole, Role};
use crate::staff::StaffSession;

/// How long sessions and their tokens live.
#[derive(Debug, Clone, Copy)]
pub struct SessionLifetimes {
    /// Lifetime of an access token.
    pub access: TimeDelta,
    /// Lifetime of a refresh token: how long a session may be idle.
    pub idle: PerRole<TimeDelta>,
    /// Lifetime of a session, however often it is used.
    pub absolute: PerRole<TimeDelta>,
}

impl SessionLifetimes {
    /// Lifetime of a session that is limited to an application, and of its token.
    pub const APPLICATION: TimeDelta = TimeDelta::hours(1);

    /// Returns the longest lifetime of any token, those of staff included.
    #[must_use]
    pub fn longest_token(&self) -> TimeDelta {
        let refresh = Role::ALL.map(|role| self.idle.of(role).min(self.absolute.of(role)));
        refresh.into_iter().fold(self.access.max(Self::APPLICATION).max(StaffSession::IDLE), TimeDelta::max)
    }
}
