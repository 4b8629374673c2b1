//! Idempotency: a client that got no response repeats its request, and the request takes effect
//! once.
//!
//! The client chooses a key for the request. A request that succeeds is recorded with its key, in
//! the transaction of its changes. A request that fails has changed nothing and is not recorded, so
//! it may be corrected and sent again with the same key.

mod ports;
mod purge;
mod repeat;

pub use ports::IdempotencyRepository;
pub use purge::PurgeIdempotencyRecords;
pub use repeat::{KeyReused, Outcome, Repeat};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::ids::StaffId;

/// A request that its client may repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The key that the client chose.
    pub key: IdempotencyKey,
    /// Tells whether a request with the same key is the same.
    pub content: ContentDigest,
}

impl IdempotentRequest {
    /// How long a request is recorded.
    pub const KEPT: TimeDelta = TimeDelta::hours(24);
}

/// The key of a request: the digest of the text that the client chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey([u8; 32]);

impl IdempotencyKey {
    /// Maximum number of characters.
    pub const MAX: usize = 255;

    /// Parses a key: 1 to [`Self::MAX`] visible ASCII characters without `"` and `\`. Returns `None`
    /// for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let is_key = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(is_allowed);
        is_key.then(|| Self(Sha256::digest(text).into()))
    }

    /// Returns the key that a store keeps for a member of staff: members have their own keys, although
    /// their requests are recorded with the accounts of others.
    #[must_use]
    pub fn of_member(&self, member: StaffId) -> Self {
        Self(Sha256::new().chain_update(member.as_uuid().as_bytes()).chain_update(self.0).finalize().into())
    }

    /// Returns the digest, which a store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The digest of a request's content without its passwords.
///
/// It is fast to compute. So with the passwords, anybody who reads the store could guess them
/// faster than by their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// Returns the digest of `content`, which MUST NOT contain a password.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// Returns a digest from a store.
    #[must_use]
    pub const fn on_record(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Returns the digest as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A request that has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Tells whether a request with the same key is the same.
    pub content: ContentDigest,
    /// The answer that a repetition gets again; `None` if the operation makes a new one.
    pub answer: Option<String>,
}

/// A request about a member of staff that has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedStaffRequest {
    /// Tells whether a request with the same key is the same.
    pub content: ContentDigest,
    /// The answer that a repetition gets again, as the use case recorded it.
    pub answer: Vec<u8>,
}

/// An operation whose requests are recorded. Each has its own keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The registration of an account.
    Register,
    /// A change of the password.
    ChangePassword,
    /// A request of a member of staff about an account.
    Staff,
}

impl Operation {
    /// Returns the operation's name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ChangePassword => "change_password",
            Self::Staff => "staff",
        }
    }
}
