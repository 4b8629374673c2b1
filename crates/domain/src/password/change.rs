use std::sync::Arc;

use super::{Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::clock::Clock;
use crate::error::Error;
use crate::session::{Claims, EndReason, TokenError};
use crate::store::{Repositories, Store, in_transaction};

/// What the holder of an account sends to change its password.
#[derive(Debug)]
pub struct PasswordChange {
    /// Who asks.
    pub caller: Claims,
    /// The present password: a stolen access token alone must not be enough.
    pub current: Password,
    /// The password to set.
    pub new: Password,
}

/// Changes the password of an account.
pub struct ChangePassword {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Checks the present password, and hashes the new one.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Tells when other sessions ended.
    pub clock: Arc<dyn Clock>,
}

impl ChangePassword {
    /// Sets the new password, and ends all sessions but the caller's own: whoever knew the old one is out.
    ///
    /// `client_has_gone` is asked before the new password is hashed.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's session has ended, or ends while the password is checked;
    /// [`Error::WrongPassword`] if the present password is another one, or was changed by somebody else meanwhile;
    /// [`Error::ClientGone`].
    pub fn run(&self, change: &PasswordChange, client_has_gone: &dyn Fn() -> bool) -> Result<(), Error> {
        let PasswordChange { caller, current, new } = change;
        let now = self.clock.now();
        let find = |repositories: &mut dyn Repositories| -> Result<PasswordHash, Error> {
            let found = repositories.passwords().find_in_session(caller.user_id, caller.session, now)?;
            Ok(found.ok_or(TokenError::SessionEnded)?)
        };
        let old = find(&mut *self.store.autocommit()?)?;
        if self.hasher.verify(current, Some(&old))? == VerifyOutcome::Wrong {
            return Err(Error::WrongPassword);
        }
        if client_has_gone() {
            return Err(Error::ClientGone);
        }
        let new = self.hasher.hash(new)?;

        in_transaction(&*self.store, |transaction| {
            // From here on logins, and other changes, wait for this one. The caller's session must have lasted so long.
            transaction.accounts().lock(caller.user_id)?;
            find(transaction)?;
            if !transaction.passwords().replace(caller.user_id, &old, &new)? {
                return Err(Error::WrongPassword);
            }
            let own = Some(caller.session);
            transaction.sessions().revoke_all(caller.user_id, own, now, EndReason::PasswordChanged)?;
            Ok(())
        })
    }
}
