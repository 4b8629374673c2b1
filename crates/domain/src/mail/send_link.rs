use chrono::{DateTime, TimeDelta, Utc};

use super::{Addressee, Content, MailToken, Message, Outbox, StoredMailToken, TokenPurpose};
use crate::account::{Account, EmailAddress};
use crate::ids::ProfileId;
use crate::rate_limit::{RateKey, RateLimit};
use crate::store::{Repositories, Store, StoreError, in_transaction};

/// A mail with a link to the address of an account.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AccountLink {
    /// Confirms the address.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
}

impl AccountLink {
    const fn purpose(self) -> TokenPurpose {
        match self {
            Self::VerifyEmail => TokenPurpose::VerifyEmail,
            Self::ResetPassword => TokenPurpose::ResetPassword,
        }
    }

    fn content(self, token: MailToken) -> Content {
        match self {
            Self::VerifyEmail => Content::verify_email(token),
            Self::ResetPassword => Content::reset_password(token),
        }
    }
}

impl Outbox {
    /// Adds a mail with a new link to the account's address, which replaces the earlier link. Beyond a
    /// limit it does nothing, and the earlier link stays valid.
    pub(crate) fn send_link(
        &self,
        store: &dyn Store,
        id: ProfileId,
        link: AccountLink,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut repositories = store.autocommit()?;
        let newest = repositories.mail_tokens().newest(id, link.purpose())?;
        let owner = repositories.accounts().find_addressee(id)?;
        drop(repositories);
        let Some(owner) = owner else { return Ok(()) };
        if !self.has_key() || is_recent(newest.as_ref(), now) || !Self::take_mail(store, &owner.email, now)? {
            return Ok(());
        }
        in_transaction(store, |transaction| {
            transaction.accounts().lock(id)?;
            let is_same = transaction.accounts().find_addressee(id)?.as_ref() == Some(&owner);
            // A simultaneous request may have been first.
            let newest = transaction.mail_tokens().newest(id, link.purpose())?;
            if is_same && !is_recent(newest.as_ref(), now) {
                self.add_link(transaction, &owner, link, now)?;
            }
            Ok(())
        })
    }

    /// Adds a mail with a new link in the transaction of what it is about.
    pub(crate) fn add_link(
        &self,
        transaction: &mut dyn Repositories,
        owner: &Addressee,
        link: AccountLink,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (token, stored) = self.new_token(owner.profile_id, link.purpose(), &owner.email, now);
        transaction.mail_tokens().add(&stored)?;
        self.send(transaction, owner, &link.content(token), now)
    }

    /// Returns the token and the message that confirm the address of a new account; `None` if no key
    /// encrypts the token.
    pub(crate) fn first_verification(&self, account: &Account) -> Option<(StoredMailToken, Message)> {
        let (owner, now) = (Addressee::from(account), account.registered_at);
        let (token, stored) = self.new_token(account.id, TokenPurpose::VerifyEmail, &owner.email, now);
        let message = self.message(&owner, &Content::verify_email(token), now)?;
        Some((stored, message))
    }

    /// Tells the owner of `address` that somebody else wants it for an account, at most once an hour.
    ///
    /// This does not count as a mail to that address: else anybody could keep its owner from getting any.
    pub(crate) fn notify_taken(
        &self,
        repositories: &mut dyn Repositories,
        owner: ProfileId,
        address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const LIMIT: RateLimit = RateLimit { max: 1, within: TimeDelta::hours(1) };
        let key = RateKey::new("taken", &address.canonical());
        if !repositories.rate_limits().take(&key, LIMIT, now)? {
            return Ok(());
        }
        self.notify(repositories, owner, &Content::email_taken(), now)
    }

    /// Counts a mail to the address. Returns `false` if the limit is reached.
    pub(crate) fn take_mail(
        store: &dyn Store,
        address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        store.autocommit()?.rate_limits().take(&Self::rate_key(address), Self::MAILS, now)
    }
}

/// Returns whether the newest link is too young for another one.
pub(crate) fn is_recent(newest: Option<&StoredMailToken>, now: DateTime<Utc>) -> bool {
    // A link that is later by more was made when a clock was wrong.
    newest.is_some_and(|token| (now - token.created_at).abs() < Outbox::BETWEEN_LINKS)
}
