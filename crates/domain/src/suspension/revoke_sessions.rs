use std::sync::Arc;

use super::{AccountStanding, SuspensionError, SuspensionRequest};
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::session::EndReason;
use crate::store::Store;

/// Revokes all sessions of an account on behalf of staff.
pub struct RevokeAllSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl RevokeAllSessions {
    /// Revokes the sessions. The owner may log in again.
    ///
    /// # Errors
    ///
    /// [`SuspensionError::UnknownAccount`]; [`SuspensionError::KeyReused`].
    pub fn run(&self, request: &SuspensionRequest<'_>) -> Result<Outcome<AccountStanding>, SuspensionError> {
        request.run(&*self.store, &*self.clock, |transaction, standing, now| {
            transaction.sessions().revoke_all(standing.id, None, now, EndReason::RevokedByStaff)?;
            Ok(standing)
        })
    }
}
