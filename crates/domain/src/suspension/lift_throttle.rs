use std::sync::Arc;

use super::{AccountStanding, SuspensionError, SuspensionRequest};
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::store::Store;
use crate::throttle::Subject;

/// Lets the owner of an account log in without a delay after failed attempts.
pub struct LiftThrottle {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl LiftThrottle {
    /// Forgets the failed attempts on the account in all networks. Returns the account.
    ///
    /// # Errors
    ///
    /// [`SuspensionError::UnknownAccount`]; [`SuspensionError::KeyReused`].
    pub fn run(&self, request: &SuspensionRequest<'_>) -> Result<Outcome<AccountStanding>, SuspensionError> {
        request.run(&*self.store, &*self.clock, |transaction, standing, _| {
            Subject::Account(standing.email.clone()).lift(transaction)?;
            Ok(standing)
        })
    }
}
