use std::sync::Arc;

use super::taken::taken;
use super::{Account, AccountError, InsertError, NewAccount, Registration};
use crate::clock::Clock;
use crate::password::{PasswordHasher, PasswordPolicy};
use crate::randomness::Randomness;
use crate::store::Store;

/// Adds accounts from another source, such as a file, without opening sessions.
pub struct ImportAccounts {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Hashes the passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for passwords.
    pub policy: PasswordPolicy,
    /// Clock for the time of registration.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the ids.
    pub randomness: Arc<dyn Randomness>,
}

impl ImportAccounts {
    /// Adds one account. If its role needs approval, the account awaits it, as after a
    /// registration. Each account is added separately, so an interrupted import can continue with
    /// the missing accounts.
    ///
    /// # Errors
    ///
    /// [`AccountError::WeakPassword`]; [`AccountError::Taken`] if another account has the e-mail or the card number.
    pub fn run(&self, registration: Registration) -> Result<Account, AccountError> {
        registration.check_password(&self.policy)?;
        let hash = self.hasher.hash(&registration.password)?;
        let (account, _) = registration.into_account(self.clock.now(), &*self.randomness);
        let inserted =
            self.store.autocommit()?.accounts().insert(&NewAccount::with_password(&account, &hash));
        match inserted {
            Ok(()) => Ok(account),
            Err(InsertError::Taken) => Err(taken(&*self.store, &account.claims())),
            Err(InsertError::Store(error)) => Err(error.into()),
        }
    }
}
