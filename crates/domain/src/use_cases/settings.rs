use chrono::TimeDelta;

use crate::account::PerRole;
use crate::session::{EmailPolicy, SessionLifetimes};

/// Settings that the operator chooses.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long sessions and their tokens live.
    pub lifetimes: SessionLifetimes,
    /// Grace period: how long after its use a refresh token can be used again, because a response was
    /// lost or two tabs refreshed together.
    pub refresh_grace: TimeDelta,
    /// What accounts need a confirmed address for.
    pub email_policy: EmailPolicy,
    /// Time after which another instance may deliver a message that this one tries to deliver.
    pub mail_lease: TimeDelta,
    /// Maximum number of sessions, or of accounts with recorded requests, that one statement purges.
    pub purge_batch: u32,
}

const DAY: TimeDelta = TimeDelta::hours(24);

impl Settings {
    /// The defaults of `sihha serve`.
    pub const DEFAULT: Self = Self {
        lifetimes: SessionLifetimes {
            access: TimeDelta::minutes(5),
            idle: PerRole::same(DAY),
            absolute: PerRole { patient: TimeDelta::days(30), doctor: DAY, hospital: DAY, labo: DAY },
        },
        refresh_grace: TimeDelta::seconds(10),
        email_policy: EmailPolicy::OPEN,
        purge_batch: 1000,
        mail_lease: TimeDelta::minutes(2),
    };
}
