use std::sync::Arc;

use super::{
    OwnerFacts, Password, PasswordError, PasswordHash, PasswordHasher, PasswordPolicy, VerifyOutcome,
};
use crate::clock::Clock;
use crate::idempotency::{ContentDigest, IdempotentRequest, Operation};
use crate::mail::{Content, Outbox, TokenPurpose};
use crate::session::{Caller, ClientInfo, EndReason, TokenError};
use crate::store::{Repositories, Store, StoreError, in_transaction};
use crate::throttle::{Subject, Throttle};

/// A request to change the password.
#[derive(Debug)]
pub struct PasswordChange {
    /// The caller.
    pub caller: Caller,
    /// The current password: a stolen access token alone must not be enough.
    pub current: Password,
    /// The new password.
    pub new: Password,
    /// The HTTP client.
    pub client: ClientInfo,
}

/// Changes the password of an account.
pub struct ChangePassword {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Verifies the current password, and hashes the new one.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for the new password.
    pub policy: PasswordPolicy,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Writes the notice.
    pub outbox: Outbox,
    /// Tells when the other sessions were revoked.
    pub clock: Arc<dyn Clock>,
}

impl ChangePassword {
    /// Sets the new password, and revokes all sessions except the caller's own, so that nobody
    /// keeps access with the old one. Links of mails that set a password or change the address, which
    /// the old one could ask for, end as well. The owner gets a notice.
    ///
    /// If `request` has already set the new password, does nothing.
    ///
    /// `client_has_gone` is called before the new password is hashed.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Token`] if the caller's session is not live, or ends while the password is
    /// verified; [`PasswordError::WeakPassword`]; [`PasswordError::WrongPassword`] if the current password is incorrect, or was
    /// changed meanwhile; [`PasswordError::KeyReused`] if the key was used for another change,
    /// or the password was changed again since; [`PasswordError::Throttled`];
    /// [`PasswordError::ClientGone`].
    pub fn run(
        &self,
        change: &PasswordChange,
        request: Option<&IdempotentRequest>,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<(), PasswordError> {
        match self.change(change, request, client_has_gone) {
            // A simultaneous request with the same key was first.
            Err(PasswordError::WrongPassword) if self.recorded(change, request)?.is_some() => {
                self.change(change, request, client_has_gone)
            }
            outcome => outcome,
        }
    }

    /// Returns the content of the change that was made with the key of `request`.
    fn recorded(
        &self,
        change: &PasswordChange,
        request: Option<&IdempotentRequest>,
    ) -> Result<Option<ContentDigest>, StoreError> {
        let Some(request) = request else { return Ok(None) };
        let (owner, since) = (change.caller.profile_id, self.clock.now() - IdempotentRequest::KEPT);
        let mut store = self.store.autocommit()?;
        let found = store.idempotency().find(owner, Operation::ChangePassword, &request.key, since)?;
        Ok(found.map(|recorded| recorded.content))
    }

    fn change(
        &self,
        change: &PasswordChange,
        request: Option<&IdempotentRequest>,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<(), PasswordError> {
        let PasswordChange { caller, current, new, client } = change;
        let now = self.clock.now();
        let find = |repositories: &mut dyn Repositories| -> Result<PasswordHash, PasswordError> {
            let found = repositories.passwords().find_in_session(caller.profile_id, caller.session, now)?;
            Ok(found.ok_or(TokenError::SessionEnded)?)
        };
        // Read before the hash: the hash is then that of the recorded change or of a later one.
        let recorded = self.recorded(change, request)?;
        let old = find(&mut *self.store.autocommit()?)?;
        if let Some(content) = recorded {
            // The content has no password, so that is compared with the account's. After another
            // change, the request is refused like one with another password.
            let is_same = request.is_some_and(|request| request.content == content)
                && self.hasher.verify(new, Some(&old))? != VerifyOutcome::Wrong;
            return if is_same { Ok(()) } else { Err(PasswordError::KeyReused) };
        }
        let account = self.store.autocommit()?.accounts().find(caller.profile_id)?;
        let account = account.ok_or(TokenError::SessionEnded)?;
        // Before the current password: a refusal is no guess.
        let owner = OwnerFacts::of_account(&account.profile, &account.details);
        self.policy.check(new, &owner).map_err(PasswordError::WeakPassword)?;
        self.throttle.guard(
            &Subject::Account(account.profile.email),
            client,
            || match self.hasher.verify(current, Some(&old))? {
                VerifyOutcome::Wrong => Err(PasswordError::WrongPassword),
                VerifyOutcome::Right | VerifyOutcome::Outdated => Ok(()),
            },
            |error| *error == PasswordError::WrongPassword,
        )?;
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
            for purpose in [TokenPurpose::ResetPassword, TokenPurpose::ConfirmEmail] {
                transaction.mail_tokens().end_all(caller.profile_id, purpose, now)?;
            }
            let own = Some(caller.session);
            transaction.sessions().revoke_all(caller.profile_id, own, now, EndReason::PasswordChanged)?;
            self.outbox.notify(transaction, caller.profile_id, &Content::password_changed(now), now)?;
            if let Some(request) = request {
                let operation = Operation::ChangePassword;
                transaction.idempotency().record(caller.profile_id, operation, request, now, None)?;
            }
            Ok(())
        })
    }
}
