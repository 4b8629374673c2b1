use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::EmailError;
use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::mail::{Addressee, Content, Outbox, TokenPurpose, is_recent};
use crate::password::{Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::rate_limit::RateKey;
use crate::session::{Caller, ClientInfo, TokenError};
use crate::store::{Store, in_transaction};
use crate::throttle::{Subject, Throttle};

/// A request to change the address.
#[derive(Debug)]
pub struct EmailChange {
    /// The caller.
    pub caller: Caller,
    /// The new address.
    pub new: EmailAddress,
    /// The password: a stolen access token alone must not be enough.
    pub password: Password,
    /// The HTTP client.
    pub client: ClientInfo,
}

/// Asks the owner of a new address to confirm that an account changes to it.
pub struct ChangeEmail {
    /// Stores accounts.
    pub store: Arc<dyn Store>,
    /// Verifies the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Writes the mail.
    pub outbox: Outbox,
    /// Tells the time of the mail.
    pub clock: Arc<dyn Clock>,
}

impl ChangeEmail {
    /// Adds a mail with a link to the new address. The account keeps its address until the link is
    /// used ([`VerifyEmail`](super::VerifyEmail)). If another account has the address, its owner gets
    /// a notice instead, and the caller learns nothing. Beyond a limit it does nothing.
    ///
    /// # Errors
    ///
    /// [`EmailError::Token`] if the caller's session is not live; [`EmailError::WrongPassword`];
    /// [`EmailError::Throttled`]; [`EmailError::Unchanged`].
    pub fn run(&self, change: &EmailChange) -> Result<(), EmailError> {
        let EmailChange { caller, new, password, client } = change;
        let now = self.clock.now();
        let mut store = self.store.autocommit()?;
        let hash = store.passwords().find_in_session(caller.profile_id, caller.session, now)?;
        let hash = hash.ok_or(TokenError::SessionEnded)?;
        let owner = store.accounts().find_addressee(caller.profile_id)?.ok_or(TokenError::SessionEnded)?;
        drop(store);
        self.throttle.guard(
            &Subject::Account(owner.email.clone()),
            client,
            || match self.hasher.verify(password, Some(&hash))? {
                VerifyOutcome::Wrong => Err(EmailError::WrongPassword),
                VerifyOutcome::Right | VerifyOutcome::Outdated => Ok(()),
            },
            |error| *error == EmailError::WrongPassword,
        )?;

        let mut store = self.store.autocommit()?;
        // Two spellings of one address are equal, and the owner may prefer the other one.
        if owner.email.as_str() == new.as_str() {
            return Err(EmailError::Unchanged);
        }
        let newest = store.mail_tokens().newest(caller.profile_id, TokenPurpose::ConfirmEmail)?;
        // A mistyped address can be corrected immediately.
        if newest.as_ref().is_some_and(|token| token.address == *new) && is_recent(newest.as_ref(), now) {
            return Ok(());
        }
        let holder = store.passwords().find(new)?.filter(|found| found.id != caller.profile_id);
        // Else a thief of an account could send mail to any number of addresses.
        let of_account = RateKey::new("change", &caller.profile_id.to_string());
        if !store.rate_limits().take(&of_account, Outbox::MAILS, now)? || !self.outbox.has_key() {
            return Ok(());
        }
        if let Some(holder) = holder {
            return Ok(self.outbox.notify_taken(&mut *store, holder.id, new, now)?);
        }
        drop(store);
        if !Outbox::take_mail(&*self.store, new, now)? {
            return Ok(());
        }
        self.ask(caller, &hash, &Addressee { email: new.clone(), ..owner }, now)
    }

    /// Adds the mail to the new address, unless the session ended or the password changed meanwhile.
    fn ask(
        &self,
        caller: &Caller,
        hash: &PasswordHash,
        new: &Addressee,
        now: DateTime<Utc>,
    ) -> Result<(), EmailError> {
        let id = caller.profile_id;
        in_transaction(&*self.store, |transaction| {
            if !transaction.accounts().lock_in_session(id, caller.session, now)? {
                return Err(TokenError::SessionEnded.into());
            }
            if transaction.passwords().find_in_session(id, caller.session, now)?.as_ref() != Some(hash) {
                return Err(EmailError::WrongPassword);
            }
            let (token, stored) = self.outbox.new_token(id, TokenPurpose::ConfirmEmail, &new.email, now);
            transaction.mail_tokens().add(&stored)?;
            Ok(self.outbox.send(transaction, new, &Content::confirm_email(token), now)?)
        })
    }
}
