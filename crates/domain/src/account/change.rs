//! Changes to an account by the account holder.

use std::sync::Arc;

use super::{Account, AccountError, Profile};
use crate::clock::Clock;
use crate::session::{Caller, TokenError};
use crate::store::{Store, in_transaction};

/// Result of an attempt to change an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// The account has the wanted values. Contains it as it is stored now.
    Changed(Account),
    /// Nothing was written, because the account had changed since the caller read it. Contains it
    /// as it is stored now.
    Outdated(Account),
}

/// Changes an account on behalf of the account holder.
pub struct ChangeAccount {
    /// Stores the accounts.
    pub store: Arc<dyn Store>,
    /// Determines whether the session is live.
    pub clock: Arc<dyn Clock>,
}

impl ChangeAccount {
    /// Writes the profile and the role details of `wanted`, if the account still equals `read`. It
    /// is locked for the comparison and the write, so no change is lost when two are made at the
    /// same time. The e-mail, which logs in, and the card number, which staff approved, stay.
    ///
    /// Returns immediately if `wanted` equals `read`.
    ///
    /// # Errors
    ///
    /// [`AccountError::Token`] if the caller's session has ended, or the account does not exist any
    /// more. [`AccountError::Taken`] if another account has one of the identifiers.
    pub fn run(
        &self,
        caller: &Caller,
        read: &Account,
        wanted: &Account,
    ) -> Result<ChangeOutcome, AccountError> {
        if wanted == read {
            return Ok(ChangeOutcome::Changed(wanted.clone()));
        }
        in_transaction(&*self.store, |transaction| {
            let mut accounts = transaction.accounts();
            let now = self.clock.now();
            if !accounts.lock_in_session(caller.profile_id, caller.session, now)? {
                return Err(AccountError::from(TokenError::SessionEnded));
            }
            let stored = accounts.find(caller.profile_id)?.ok_or(TokenError::SessionEnded)?;
            if stored != *read {
                return Ok(ChangeOutcome::Outdated(stored));
            }
            let Profile { email, carte_id, .. } = stored.profile.clone();
            let profile = Profile { email, carte_id, ..wanted.profile.clone() };
            let changed = Account { profile, details: wanted.details.clone(), ..stored.clone() };
            match accounts.update(&stored, &changed, now)? {
                Some(field) => Err(AccountError::Taken(field)),
                None => Ok(ChangeOutcome::Changed(changed)),
            }
        })
    }
}
