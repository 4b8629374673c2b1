use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::EmailError;
use crate::clock::Clock;
use crate::ids::ProfileId;
use crate::mail::{Content, MailToken, MailTokenError, Outbox, StoredMailToken, TokenEnd, TokenPurpose};
use crate::session::ClientInfo;
use crate::store::{Repositories, Store, in_transaction};
use crate::throttle::{Subject, Throttle};

/// Confirms an address by the token of a mail. If the mail was about a change, the account has the new
/// address from then on.
pub struct VerifyEmail {
    /// Stores accounts.
    pub store: Arc<dyn Store>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Writes to the former address.
    pub outbox: Outbox,
    /// Tells the time of the confirmation.
    pub clock: Arc<dyn Clock>,
}

impl VerifyEmail {
    /// Purposes of the tokens that confirm an address.
    pub const PURPOSES: [TokenPurpose; 2] = [TokenPurpose::VerifyEmail, TokenPurpose::ConfirmEmail];

    /// Confirms the address. Returns the account.
    ///
    /// # Errors
    ///
    /// [`EmailError::Link`]; [`EmailError::Taken`] if another account has the new address by now;
    /// [`EmailError::Throttled`].
    pub fn run(&self, token: &MailToken, client: &ClientInfo) -> Result<ProfileId, EmailError> {
        let subject = Subject::Links(token.profile_id());
        self.throttle.guard(&subject, client, || self.verify(token), EmailError::is_of_link)
    }

    fn verify(&self, token: &MailToken) -> Result<ProfileId, EmailError> {
        let (id, now) = (token.profile_id(), self.clock.now());
        let find = |repositories: &mut dyn Repositories| -> Result<StoredMailToken, EmailError> {
            let found = repositories.mail_tokens().find(id, token.digest())?;
            Ok(StoredMailToken::usable(found, &Self::PURPOSES, now)?)
        };
        // Nobody locks an account with a token that is not good.
        find(&mut *self.store.autocommit()?)?;

        in_transaction(&*self.store, |transaction| {
            transaction.accounts().lock(id)?;
            let stored = find(transaction)?;
            transaction.mail_tokens().end(id, stored.digest, now, TokenEnd::Used)?;
            if stored.purpose == TokenPurpose::ConfirmEmail {
                self.change(transaction, &stored, now)?;
            } else if !transaction.accounts().confirm_email(id, &stored.address, now)? {
                // The account has another address since.
                return Err(MailTokenError::Replaced.into());
            }
            Ok(id)
        })
    }

    /// Changes the account to the address of `confirmed`, and tells the former one.
    fn change(
        &self,
        transaction: &mut dyn Repositories,
        confirmed: &StoredMailToken,
        now: DateTime<Utc>,
    ) -> Result<(), EmailError> {
        let (id, new) = (confirmed.profile_id, &confirmed.address);
        let former = transaction.accounts().find_addressee(id)?.ok_or(MailTokenError::Unknown)?;
        if !transaction.accounts().change_email(id, &former.email, new, now)? {
            return Err(EmailError::Taken);
        }
        end_links(transaction, id, now)?;
        let (token, revert) = self.outbox.new_token(id, TokenPurpose::RevertEmail, &former.email, now);
        transaction.mail_tokens().add(&revert)?;
        Ok(self.outbox.send(transaction, &former, &Content::email_changed(new, now, token), now)?)
    }
}

/// Ends the links that were sent to the account's address, or about a change of it.
pub(super) fn end_links(
    transaction: &mut dyn Repositories,
    id: ProfileId,
    now: DateTime<Utc>,
) -> Result<(), EmailError> {
    for purpose in [TokenPurpose::VerifyEmail, TokenPurpose::ConfirmEmail, TokenPurpose::ResetPassword] {
        transaction.mail_tokens().end_all(id, purpose, now)?;
    }
    Ok(())
}
