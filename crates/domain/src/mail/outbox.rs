use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Addressee, Content, MailToken, Message, StoredMailToken, TokenPurpose};
use crate::account::EmailAddress;
use crate::ids::{MessageId, ProfileId};
use crate::randomness::Randomness;
use crate::rate_limit::{RateKey, RateLimit};
use crate::secret_box::SecretBox;
use crate::store::{Repositories, StoreError};

/// Writes messages into the outbox, in the transaction of what they are about.
#[derive(Clone)]
pub struct Outbox {
    /// Encrypts the secrets of links.
    pub secret_box: Arc<dyn SecretBox>,
    /// Makes ids and secrets.
    pub randomness: Arc<dyn Randomness>,
}

impl Outbox {
    /// Maximum number of mails to one address, without notices.
    pub const MAILS: RateLimit = RateLimit { max: 5, within: TimeDelta::hours(1) };

    /// Minimum time between two mails of the same purpose with a link for one account.
    pub const BETWEEN_LINKS: TimeDelta = TimeDelta::minutes(1);

    /// Returns what counts mails to that address.
    #[must_use]
    pub fn rate_key(address: &EmailAddress) -> RateKey {
        RateKey::new("mail", &address.canonical())
    }

    /// Adds a notice to the owner of the account. Does nothing if there is no such account.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn notify(
        &self,
        repositories: &mut dyn Repositories,
        profile_id: ProfileId,
        content: &Content,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let found = repositories.accounts().find_addressee(profile_id)?;
        match found {
            Some(addressee) => self.send(repositories, &addressee, content, now),
            None => Ok(()),
        }
    }

    /// Adds a message to `addressee`. A message with a link is not added if no key encrypts its secret.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn send(
        &self,
        repositories: &mut dyn Repositories,
        addressee: &Addressee,
        content: &Content,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        match self.message(addressee, content, now) {
            Some(message) => repositories.outbox().add(&message),
            None => Ok(()),
        }
    }

    /// Returns whether messages with links can be sent: whether a key encrypts their secrets.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.secret_box.seal("", b"").is_ok()
    }

    /// Returns a message to `addressee`; `None` if it has a link and no key encrypts its secret.
    pub(crate) fn message(
        &self,
        addressee: &Addressee,
        content: &Content,
        now: DateTime<Utc>,
    ) -> Option<Message> {
        let id = MessageId::generate(now, &*self.randomness);
        let seal = |token: &MailToken| {
            self.secret_box.seal(&Message::context(id), token.expose_secret().as_bytes()).ok()
        };
        let sealed_secret = match content.token() {
            Some(token) => Some(seal(token)?),
            None => None,
        };
        let template = content.template();
        let link_expires_at = template.purpose().map(|purpose| now + purpose.lifetime());
        Some(Message {
            id,
            profile_id: addressee.profile_id,
            to: addressee.email.clone(),
            language: addressee.language,
            template,
            params: content.params().clone(),
            sealed_secret,
            queued_at: now,
            link_expires_at,
            give_up_at: Message::give_up_at(now, link_expires_at),
        })
    }

    /// Returns a new token, and what the store keeps of it.
    #[must_use]
    pub fn new_token(
        &self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
        address: &EmailAddress,
        now: DateTime<Utc>,
    ) -> (MailToken, StoredMailToken) {
        let token = MailToken::generate(profile_id, &*self.randomness);
        let stored = StoredMailToken {
            profile_id,
            digest: token.digest(),
            purpose,
            address: address.clone(),
            created_at: now,
            expires_at: now + purpose.lifetime(),
            ended: None,
        };
        (token, stored)
    }
}
