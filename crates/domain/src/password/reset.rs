use std::sync::Arc;

use super::{OwnerFacts, Password, PasswordError, PasswordHasher, PasswordPolicy};
use crate::clock::Clock;
use crate::ids::ProfileId;
use crate::mail::{Content, MailToken, MailTokenError, Outbox, StoredMailToken, TokenEnd, TokenPurpose};
use crate::session::{ClientInfo, EndReason};
use crate::store::{Repositories, Store, in_transaction};
use crate::throttle::{Subject, Throttle};

/// A request to set a new password for a forgotten one.
#[derive(Debug)]
pub struct PasswordReset {
    /// The token of the mail.
    pub token: MailToken,
    /// The new password.
    pub new: Password,
    /// The HTTP client.
    pub client: ClientInfo,
}

/// Sets a new password by the token of a mail.
pub struct ResetPassword {
    /// Stores passwords.
    pub store: Arc<dyn Store>,
    /// Hashes the new password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for the new password.
    pub policy: PasswordPolicy,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Writes the notice.
    pub outbox: Outbox,
    /// Tells the time of the change.
    pub clock: Arc<dyn Clock>,
}

impl ResetPassword {
    /// Sets the new password, revokes all sessions, forgets failed log-ins, and confirms the address that the mail was sent to.
    /// Opens no session. Returns the account.
    ///
    /// `client_has_gone` is called before the password is hashed.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Link`]; [`PasswordError::WeakPassword`], after which the token can be used
    /// again; [`PasswordError::Throttled`]; [`PasswordError::ClientGone`].
    pub fn run(
        &self,
        reset: &PasswordReset,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<ProfileId, PasswordError> {
        let attempt = || match self.reset(reset, client_has_gone) {
            // The token is good, so this is no guess.
            Err(error @ PasswordError::WeakPassword(_)) => Ok(Err(error)),
            outcome => outcome.map(Ok),
        };
        let subject = Subject::Links(reset.token.profile_id());
        let is_guess = |error: &PasswordError| matches!(error, PasswordError::Link(_));
        self.throttle.guard(&subject, &reset.client, attempt, is_guess)?
    }

    fn reset(
        &self,
        reset: &PasswordReset,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<ProfileId, PasswordError> {
        let (id, now) = (reset.token.profile_id(), self.clock.now());
        let find = |repositories: &mut dyn Repositories| -> Result<StoredMailToken, PasswordError> {
            let found = repositories.mail_tokens().find(id, reset.token.digest())?;
            Ok(StoredMailToken::usable(found, &[TokenPurpose::ResetPassword], now)?)
        };
        // Nothing is hashed for a token that is not good.
        let mut store = self.store.autocommit()?;
        find(&mut *store)?;
        let account = store.accounts().find(id)?.ok_or(MailTokenError::Unknown)?;
        drop(store);
        let owner = OwnerFacts::of_account(&account.profile, &account.details);
        self.policy.check(&reset.new, &owner).map_err(PasswordError::WeakPassword)?;
        if client_has_gone() {
            return Err(PasswordError::ClientGone);
        }
        let hash = self.hasher.hash(&reset.new)?;

        in_transaction(&*self.store, |transaction| {
            transaction.accounts().lock(id)?;
            let stored = find(transaction)?;
            transaction.mail_tokens().end(id, stored.digest, now, TokenEnd::Used)?;
            transaction.passwords().set(id, &hash)?;
            transaction.sessions().revoke_all(id, None, now, EndReason::PasswordReset)?;
            transaction.accounts().confirm_email(id, &stored.address, now)?;
            for purpose in [TokenPurpose::ResetPassword, TokenPurpose::ConfirmEmail] {
                transaction.mail_tokens().end_all(id, purpose, now)?;
            }
            self.outbox.notify(transaction, id, &Content::password_changed(now), now)?;
            // The owner of the address proved who it is, and logs in next.
            let owner = transaction.accounts().find_addressee(id)?;
            if let Some(owner) = owner {
                Subject::Account(owner.email).lift(transaction)?;
            }
            Ok(id)
        })
    }
}
