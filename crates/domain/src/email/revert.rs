use std::sync::Arc;

use super::EmailError;
use super::verify::end_links;
use crate::clock::Clock;
use crate::ids::ProfileId;
use crate::mail::{
    AccountLink, Addressee, MailToken, MailTokenError, Outbox, StoredMailToken, TokenEnd, TokenPurpose,
};
use crate::password::{Password, PasswordHasher};
use crate::session::{ClientInfo, EndReason};
use crate::store::{Repositories, Store, in_transaction};
use crate::throttle::{Subject, Throttle};

/// Takes back a change of the address, by the token of the mail to the former one.
pub struct RevertEmail {
    /// Stores accounts.
    pub store: Arc<dyn Store>,
    /// Hashes a password that nobody knows.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Writes the mail with a link to a new password.
    pub outbox: Outbox,
    /// Tells the time of the change.
    pub clock: Arc<dyn Clock>,
}

impl RevertEmail {
    /// Gives the account the former address, and revokes its sessions. Returns the account.
    ///
    /// Somebody else knew the password, and would change the address again before the owner has read
    /// the next mail. So the password ends, and the address gets a mail with a link that sets another.
    ///
    /// The links of later changes end: their addresses may be those of a thief. Those of earlier
    /// changes stay valid.
    ///
    /// # Errors
    ///
    /// [`EmailError::Link`]; [`EmailError::Taken`] if another account has the address by now;
    /// [`EmailError::Throttled`].
    pub fn run(&self, token: &MailToken, client: &ClientInfo) -> Result<ProfileId, EmailError> {
        let subject = Subject::Links(token.profile_id());
        self.throttle.guard(&subject, client, || self.revert(token), EmailError::is_of_link)
    }

    fn revert(&self, token: &MailToken) -> Result<ProfileId, EmailError> {
        let (id, now) = (token.profile_id(), self.clock.now());
        let find = |repositories: &mut dyn Repositories| -> Result<StoredMailToken, EmailError> {
            let found = repositories.mail_tokens().find(id, token.digest())?;
            Ok(StoredMailToken::usable(found, &[TokenPurpose::RevertEmail], now)?)
        };
        // Nothing is hashed, and no account locked, for a token that is not good.
        find(&mut *self.store.autocommit()?)?;
        let hash = self.hasher.hash(&Password::generate(&*self.outbox.randomness))?;

        in_transaction(&*self.store, |transaction| {
            transaction.accounts().lock(id)?;
            let stored = find(transaction)?;
            let present = transaction.accounts().find_addressee(id)?.ok_or(MailTokenError::Unknown)?;
            if !transaction.accounts().change_email(id, &present.email, &stored.address, now)? {
                return Err(EmailError::Taken);
            }
            // Nobody can go back to it, so it need not stay reserved.
            if present.email.canonical() != stored.address.canonical() {
                transaction.accounts().release_former_email(id, &present.email, now)?;
            }
            transaction.mail_tokens().end(id, stored.digest, now, TokenEnd::Used)?;
            transaction.mail_tokens().end_later(&stored, now)?;
            end_links(transaction, id, now)?;
            transaction.passwords().set(id, &hash)?;
            transaction.sessions().revoke_all(id, None, now, EndReason::EmailReverted)?;
            let owner = Addressee { email: stored.address, ..present };
            self.outbox.add_link(transaction, &owner, AccountLink::ResetPassword, now)?;
            Ok(id)
        })
    }
}
