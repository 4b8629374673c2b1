use std::sync::Arc;

use super::{AccountStanding, Suspension, SuspensionError, SuspensionRequest};
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::ids::RecordId;
use crate::mail::{Content, Outbox};
use crate::randomness::Randomness;
use crate::reason::Reason;
use crate::session::EndReason;
use crate::store::Store;

/// Suspends an account, so that it may not log in.
pub struct Suspend {
    /// Where suspensions are kept.
    pub store: Arc<dyn Store>,
    /// Writes the notice.
    pub outbox: Outbox,
    /// Tells the time of the suspension.
    pub clock: Arc<dyn Clock>,
    /// Makes the suspension's id.
    pub randomness: Arc<dyn Randomness>,
}

impl Suspend {
    /// Suspends the account, revokes its sessions, and adds a notice without the reason. If it is already
    /// suspended, the first suspension stays, with its author and reason.
    ///
    /// # Errors
    ///
    /// [`SuspensionError::UnknownAccount`]; [`SuspensionError::KeyReused`].
    pub fn run(
        &self,
        request: &SuspensionRequest<'_>,
        reason: &Reason,
    ) -> Result<Outcome<AccountStanding>, SuspensionError> {
        request.run(&*self.store, &*self.clock, |transaction, mut standing, at| {
            if standing.is_suspended() {
                return Ok(standing);
            }
            let id = standing.id;
            let suspension =
                Suspension { at, by: request.by.clone(), reason: reason.clone(), reinstatement: None };
            transaction.suspensions().add(id, RecordId::generate(at, &*self.randomness), &suspension)?;
            transaction.sessions().revoke_all(id, None, at, EndReason::Suspended)?;
            self.outbox.notify(transaction, id, &Content::suspended(at), at)?;
            standing.suspension = Some(suspension);
            Ok(standing)
        })
    }
}
