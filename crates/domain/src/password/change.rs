use std::sync::Arc;

use super::{Password, PasswordError, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::clock::Clock;
use crate::session::{Caller, EndReason, TokenError};
use crate::store::{Repositories, Store, in_transaction};

/// A request to change the password.
#[derive(Debug)]
pub struct PasswordChange {
    /// The caller.
    pub caller: Caller,
    /// The current password: a stolen access token alone must not be enough.
    pub current: Password,
    /// The new password.
    pub new: Password,
}

/// Changes the password of an account.
pub struct ChangePassword {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Verifies the current password, and hashes the new one.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Tells when the other sessions were revoked.
    pub clock: Arc<dyn Clock>,
}

impl ChangePassword {
    /// Sets the new password, and revokes all sessions except the caller's own, so that nobody
    /// keeps access with the old one.
    ///
    /// `client_has_gone` is called before the new password is hashed.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Token`] if the caller's session is not live, or ends while the password is
    /// verified; [`PasswordError::WrongPassword`] if the current password is incorrect, or was
    /// changed meanwhile; [`PasswordError::ClientGone`].
    pub fn run(
        &self,
        change: &PasswordChange,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<(), PasswordError> {
        let PasswordChange { caller, current, new } = change;
        let now = self.clock.now();
        let find = |repositories: &mut dyn Repositories| -> Result<PasswordHash, PasswordError> {
            let found = repositories.passwords().find_in_session(caller.profile_id, caller.session, now)?;
            Ok(found.ok_or(TokenError::SessionEnded)?)
        };
        let old = find(&mut *self.store.autocommit()?)?;
        if self.hasher.verify(current, Some(&old))? == VerifyOutcome::Wrong {
            return Err(PasswordError::WrongPassword);
        }
        if client_has_gone() {
            return Err(PasswordError::ClientGone);
        }
        let new = self.hasher.hash(new)?;

        in_transaction(&*self.store, |transaction| {
            // From here on, logins and other changes wait. The caller's session must still be live.
            transaction.accounts().lock(caller.profile_id)?;
            find(transaction)?;
            if !transaction.passwords().replace(caller.profile_id, &old, &new)? {
                return Err(PasswordError::WrongPassword);
            }
            let own = Some(caller.session);
            transaction.sessions().revoke_all(caller.profile_id, own, now, EndReason::PasswordChanged)?;
            Ok(())
        })
    }
}
