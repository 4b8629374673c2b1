use std::sync::Arc;

use super::{AccountStanding, Reinstatement, SuspensionError, SuspensionRequest};
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::mail::{Content, Outbox};
use crate::store::Store;

/// Reinstates a suspended account, so that it may log in again.
pub struct Reinstate {
    /// Where suspensions are kept.
    pub store: Arc<dyn Store>,
    /// Writes the notice.
    pub outbox: Outbox,
    /// Tells the time of the reinstatement.
    pub clock: Arc<dyn Clock>,
}

impl Reinstate {
    /// Ends the suspension, and adds a notice to the owner. Sessions that it revoked stay revoked. An account that is not suspended
    /// stays as it is.
    ///
    /// # Errors
    ///
    /// [`SuspensionError::UnknownAccount`]; [`SuspensionError::KeyReused`].
    pub fn run(&self, request: &SuspensionRequest<'_>) -> Result<Outcome<AccountStanding>, SuspensionError> {
        request.run(&*self.store, &*self.clock, |transaction, mut standing, now| {
            if let Some(in_force) = standing.suspension.as_mut().filter(|last| last.reinstatement.is_none()) {
                // Clocks of two machines may differ; a suspension must not end before it began.
                let reinstatement = Reinstatement { at: now.max(in_force.at), by: request.by.clone() };
                transaction.suspensions().reinstate(standing.id, &reinstatement)?;
                in_force.reinstatement = Some(reinstatement);
                self.outbox.notify(transaction, standing.id, &Content::reinstated(), now)?;
            }
            Ok(standing)
        })
    }
}
