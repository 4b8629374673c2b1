//! Changes to an account by the account holder.

use std::sync::Arc;

use super::{Account, AccountError, Profile};
use crate::approval::submit_changes;
use crate::clock::Clock;
use crate::randomness::Randomness;
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
    /// Makes the ids of events of the application.
    pub randomness: Arc<dyn Randomness>,
}

impl ChangeAccount {
    /// Writes the profile and the role details of `wanted`, if the account still equals `read`. It
    /// is locked for the comparison and the write, so no change is lost when two are made at the
    /// same time. The e-mail, which logs in, and the card number, which staff approved, stay.
    ///
    /// Vetted facts of an approved account stay too: their changes wait for a decision of staff, and
    /// replace those that wait already. Identifiers among them are claimed immediately.
    ///
    /// Returns immediately if `wanted` equals what the owner of `read` wants.
    ///
    /// # Errors
    ///
    /// [`AccountError::Token`] if the caller's session has ended, or the account does not exist any
    /// more. [`AccountError::Taken`] if another account has or wants one of the identifiers.
    pub fn run(
        &self,
        caller: &Caller,
        read: &Account,
        wanted: &Account,
    ) -> Result<ChangeOutcome, AccountError> {
        if *wanted == read.wanted() {
            return Ok(ChangeOutcome::Changed(read.clone()));
        }
        in_transaction(&*self.store, |transaction| {
            let now = self.clock.now();
            let mut accounts = transaction.accounts();
            if !accounts.lock_in_session(caller.profile_id, caller.session, now)? {
                return Err(AccountError::from(TokenError::SessionEnded));
            }
            let stored = accounts.find(caller.profile_id)?.ok_or(TokenError::SessionEnded)?;
            if stored != *read {
                return Ok(ChangeOutcome::Outdated(stored));
            }
            let Profile { email, carte_id, .. } = stored.profile.clone();
            let profile = Profile { email, carte_id, ..wanted.profile.clone() };
            let wanted = Account { profile, details: wanted.details.clone(), ..stored.clone() };
            let mut changed = stored.with_changes_to(wanted);
            if let Some(field) = accounts.update(&stored, &changed, now)? {
                return Err(AccountError::Taken(field));
            }
            drop(accounts);
            if changed.pending_changes != stored.pending_changes {
                changed = submit_changes(transaction, &changed, now, &*self.randomness)?;
            }
            Ok(ChangeOutcome::Changed(changed))
        })
    }
}
