use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use strum::{IntoStaticStr, VariantArray};

use super::Template;
use crate::account::EmailAddress;
use crate::ids::{MessageId, ProfileId};
use crate::language::Language;

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message's id. Its `Message-ID` follows from it, so all attempts have the same.
    pub id: MessageId,
    /// The account that it is about.
    pub profile_id: ProfileId,
    /// The address.
    pub to: EmailAddress,
    /// The language.
    pub language: Language,
    /// What it is about.
    pub template: Template,
    /// The values of the template.
    pub params: BTreeMap<String, String>,
    /// The secret of its link, encrypted.
    pub sealed_secret: Option<Vec<u8>>,
    /// When it was added.
    pub queued_at: DateTime<Utc>,
    /// When its link expires, if it has one.
    pub link_expires_at: Option<DateTime<Utc>>,
    /// When it is given up: after [`Message::KEPT_TRYING`], or when its link expires.
    pub give_up_at: DateTime<Utc>,
}

impl Message {
    /// How long delivery is tried.
    pub const KEPT_TRYING: TimeDelta = TimeDelta::hours(24);

    /// Returns when a message is given up that is due at `now`.
    pub(super) fn give_up_at(now: DateTime<Utc>, link_expires_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let tried_until = now + Self::KEPT_TRYING;
        link_expires_at.map_or(tried_until, |expiry| expiry.min(tried_until))
    }

    /// Returns the context in which the secret of a message is encrypted.
    pub(super) fn context(id: MessageId) -> String {
        format!("outbox.sealed_secret {id}")
    }
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for delivery.
    Queued,
    /// A server accepted it.
    Sent,
    /// It was given up: a server refused it permanently, or its time was over.
    Dead,
    /// A notice beyond the limit, which a summary replaces.
    Suppressed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the state's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the state with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }
}

/// A message as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRecord {
    /// The message. It has no secret.
    pub message: Message,
    /// How far it has come.
    pub state: DeliveryState,
    /// Number of attempts.
    pub attempts: u32,
    /// When it is tried next, while it is queued.
    pub next_attempt_at: DateTime<Utc>,
    /// When it was sent, given up or suppressed.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}
