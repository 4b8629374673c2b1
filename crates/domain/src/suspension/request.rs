use chrono::{DateTime, Utc};

use super::{AccountStanding, SuspensionError};
use crate::account::AccountRef;
use crate::clock::Clock;
use crate::idempotency::{Outcome, Repeat};
use crate::staff_name::StaffName;
use crate::store::{Repositories, Store, in_transaction};

/// A request of staff to suspend or reinstate an account, or to revoke its sessions.
#[derive(Clone)]
pub struct SuspensionRequest<'a> {
    /// The account, of any role.
    pub account: AccountRef,
    /// The member of staff who decides.
    pub by: StaffName,
    /// The request's key, if it has one.
    pub repeat: Option<Repeat<'a, AccountStanding>>,
}

impl SuspensionRequest<'_> {
    /// Returns a request that is not repeated.
    #[must_use]
    pub const fn once(account: AccountRef, by: StaffName) -> Self {
        Self { account, by, repeat: None }
    }

    /// Locks the account and changes it with `change`, unless the same request was done before.
    /// Records the answer.
    pub(super) fn run(
        &self,
        store: &dyn Store,
        clock: &dyn Clock,
        mut change: impl FnMut(
            &mut dyn Repositories,
            AccountStanding,
            DateTime<Utc>,
        ) -> Result<AccountStanding, SuspensionError>,
    ) -> Result<Outcome<AccountStanding>, SuspensionError> {
        in_transaction(store, |transaction| {
            let found = transaction.suspensions().lock(&self.account)?;
            let standing = found.ok_or(SuspensionError::UnknownAccount)?;
            // After the lock, so that a later change has a later time.
            let (id, now) = (standing.id, clock.now());
            if let Some(repeat) = &self.repeat
                && let Some(repeated) = repeat.find::<SuspensionError>(transaction, id, now)?
            {
                return Ok(repeated);
            }
            let standing = change(transaction, standing, now)?;
            if let Some(repeat) = &self.repeat {
                repeat.record(transaction, id, &standing, now)?;
            }
            Ok(Outcome::Done(standing))
        })
    }
}
