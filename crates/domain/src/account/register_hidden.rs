use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::register::insert;
use super::{AccountError, EmailAddress, InsertError, NewAccount, Registration};
use crate::clock::Clock;
use crate::idempotency::{IdempotentRequest, Operation};
use crate::mail::Outbox;
use crate::password::{PasswordHasher, PasswordPolicy};
use crate::randomness::Randomness;
use crate::session::ClientInfo;
use crate::store::{Store, StoreError};

/// Registers an account, and does not let the client learn whether another account has the address.
/// Only mail to the address tells.
///
/// A taken card number or identifier is not reported either: whoever registers an address with a new
/// card number, and then registers that number again, would learn whether the first call added an
/// account.
pub struct RegisterHidden {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for passwords.
    pub policy: PasswordPolicy,
    /// Writes the mail.
    pub outbox: Outbox,
    /// Tells the time of registration.
    pub clock: Arc<dyn Clock>,
    /// Makes the id.
    pub randomness: Arc<dyn Randomness>,
}

impl RegisterHidden {
    /// Adds the account without a session, and the mail that confirms its address to the outbox. If
    /// another account has the address, its owner gets a notice instead. Hashes the password in any
    /// case, because a hash takes most of the time.
    ///
    /// If `request` has already added the account, does nothing.
    ///
    /// # Errors
    ///
    /// [`AccountError::WeakPassword`], or the error of the hasher or of the store.
    pub fn run(
        &self,
        registration: Registration,
        client: &ClientInfo,
        request: Option<&IdempotentRequest>,
    ) -> Result<(), AccountError> {
        registration.check_password(&self.policy)?;
        let hash = self.hasher.hash(&registration.password)?;
        let (account, _) = registration.into_account(self.clock.now(), &*self.randomness);
        let verification = self.outbox.first_verification(&account);
        let new = NewAccount {
            device: Some(client.device().digest()),
            verification: verification.as_ref().map(|(token, message)| (token, message)),
            ..NewAccount::with_password(&account, &hash)
        };
        match insert(&*self.store, &new, request) {
            Ok(()) => Ok(()),
            Err(InsertError::Taken) => {
                Ok(self.notify_owner(&account.profile.email, request, account.registered_at)?)
            }
            Err(InsertError::Store(error)) => Err(error.into()),
        }
    }

    /// Adds a notice to the owner of the address, if an account has it and `request` did not add that
    /// account. Beyond the limit of such notices it does nothing.
    fn notify_owner(
        &self,
        email: &EmailAddress,
        request: Option<&IdempotentRequest>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut store = self.store.autocommit()?;
        let Some(owner) = store.passwords().find(email)? else { return Ok(()) };
        if let Some(request) = request {
            let since = now - IdempotentRequest::KEPT;
            if store.idempotency().find(owner.id, Operation::Register, &request.key, since)?.is_some() {
                return Ok(());
            }
        }
        self.outbox.notify_taken(&mut *store, owner.id, email, now)
    }
}
