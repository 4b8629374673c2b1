use chrono::{DateTime, Utc};

use super::{
    Content, DeliveryState, MailRecord, MailTokenDigest, Message, StoredMailToken, TokenEnd, TokenPurpose,
};
use crate::account::EmailAddress;
use crate::ids::{MessageId, ProfileId};
use crate::language::Language;
use crate::store::StoreError;

/// Renders and delivers messages.
pub trait Mailer: Send + Sync {
    /// Delivers one message. MUST NOT return `Ok` before the receiving side has taken responsibility for
    /// it (RFC 5321 §6.1), and MUST return within [`DeliverMail::lease`](super::DeliverMail).
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Temporary`] if another attempt may succeed.
    fn deliver(&self, mail: &OutgoingMail) -> Result<(), DeliveryError>;
}

/// A message that is delivered now.
#[derive(Debug, Clone)]
pub struct OutgoingMail {
    /// The message's id; the same in all attempts.
    pub id: MessageId,
    /// The address.
    pub to: EmailAddress,
    /// The language.
    pub language: Language,
    /// The content.
    pub content: Content,
    /// When the message was written; its `Date`.
    pub written_at: DateTime<Utc>,
}

/// Why a message was not delivered. The texts are for operators, and have no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Another attempt may succeed: a reply 4xx, or no connection.
    #[error("{0}")]
    Temporary(String),
    /// No other attempt can succeed: a reply 5xx, or an address that the server cannot take.
    #[error("{0}")]
    Permanent(String),
}

/// The right to deliver a message until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The account of the message.
    pub profile_id: ProfileId,
    /// The message.
    pub id: MessageId,
    /// When others may deliver it.
    pub until: DateTime<Utc>,
}

/// A message that the caller may deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedMessage {
    /// The right to deliver it.
    pub lease: Lease,
    /// The message.
    pub message: Message,
    /// Number of attempts, with this one.
    pub attempt: u32,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A server accepted the message.
    Sent,
    /// The attempt failed, and the next one is at that time.
    Retry(DateTime<Utc>, String),
    /// The message is given up.
    Dead(String),
    /// It is not sent, because of a limit.
    Suppressed,
}

/// Stores the messages that wait for delivery, and those that were delivered lately.
pub trait OutboxRepository {
    /// Adds a message, which can be delivered immediately.
    fn add(&mut self, message: &Message) -> Result<(), StoreError>;

    /// Returns up to `limit` messages that are due at `now` and that nobody delivers, the longest due
    /// first.
    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<(ProfileId, MessageId)>, StoreError>;

    /// Takes the right to deliver a message until `until`, and counts an attempt. Returns `None` if it is
    /// not due any more, or another instance has the right.
    fn lease(
        &mut self,
        profile_id: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<LeasedMessage>, StoreError>;

    /// Records the outcome, and gives the lease back. MUST record [`DeliveryOutcome::Sent`] in any case,
    /// and others only while the lease is the caller's. MUST delete the secret of a message that was
    /// sent or suppressed.
    fn record(
        &mut self,
        lease: &Lease,
        outcome: &DeliveryOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Returns up to `limit` messages in that state, or all, the newest first, with ids before `before`.
    fn page(
        &mut self,
        state: Option<DeliveryState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError>;

    /// Finds a message.
    fn find(&mut self, id: MessageId) -> Result<Option<MailRecord>, StoreError>;

    /// Returns the account's message that was given up last.
    fn last_dead(&mut self, profile_id: ProfileId) -> Result<Option<MailRecord>, StoreError>;

    /// Returns up to `limit` messages with ids after `after` that [`OutboxRepository::retry`] would make
    /// due at `now`, in the order of their ids.
    fn retryable(
        &mut self,
        after: Option<MessageId>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError>;

    /// Makes a message due at `now` that is dead, or queued and not due. It is given up at `give_up_at`.
    /// MUST leave one whose link has expired, and one that is being delivered. Returns whether it is due
    /// now by this call.
    fn retry(
        &mut self,
        profile_id: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        give_up_at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Deletes up to `limit` messages that were finished before `moment`. Returns the number.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}

/// Stores the tokens of links in mails.
pub trait MailTokenRepository {
    /// Adds a token. Ends the account's tokens that [`TokenPurpose::replaces_earlier`] says.
    fn add(&mut self, token: &StoredMailToken) -> Result<(), StoreError>;

    /// Finds the account's token with that digest, also one that has ended.
    fn find(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
    ) -> Result<Option<StoredMailToken>, StoreError>;

    /// Returns the account's newest token of that purpose, also one that has ended.
    fn newest(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
    ) -> Result<Option<StoredMailToken>, StoreError>;

    /// Ends a token that has not ended. Returns whether this call ended it: of simultaneous uses, one
    /// does.
    fn end(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
        at: DateTime<Utc>,
        end: TokenEnd,
    ) -> Result<bool, StoreError>;

    /// Ends all tokens of the account of that purpose, as replaced.
    fn end_all(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Ends the tokens of the account of the purpose of `token` that were added after it, as replaced.
    fn end_later(&mut self, token: &StoredMailToken, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Returns up to `limit` tokens of that purpose that expired before `moment`, the oldest first.
    fn expired(
        &mut self,
        purpose: TokenPurpose,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<StoredMailToken>, StoreError>;

    /// Deletes the token.
    fn remove(&mut self, profile_id: ProfileId, digest: MailTokenDigest) -> Result<(), StoreError>;
}

/// A request of somebody without a session for a mail with a link. It is stored first and answered by a
/// background job, so that its response takes the same time whether there is an account or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRequest {
    /// What the link is for.
    pub purpose: TokenPurpose,
    /// The address.
    pub email: EmailAddress,
    /// When the request came.
    pub requested_at: DateTime<Utc>,
}

/// Stores requests for mails until they are answered.
pub trait MailRequestRepository {
    /// Adds a request, unless one for the same address and purpose waits already. MUST take the same
    /// time in both cases.
    fn add(&mut self, request: &MailRequest) -> Result<(), StoreError>;

    /// Returns up to `limit` requests, the oldest first.
    fn page(&mut self, limit: u32) -> Result<Vec<MailRequest>, StoreError>;

    /// Removes the request, if no later one has replaced it.
    fn remove(&mut self, request: &MailRequest) -> Result<(), StoreError>;
}

/// Delivers nothing, for tools and for a service without a way to send mail. Messages wait.
#[derive(Debug, Clone, Copy)]
pub struct NoMailer;

impl Mailer for NoMailer {
    fn deliver(&self, _: &OutgoingMail) -> Result<(), DeliveryError> {
        Err(DeliveryError::Temporary("no way to send mail is configured".to_owned()))
    }
}
