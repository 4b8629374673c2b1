//! Identifiers.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::randomness::Randomness;

/// Identifies one account everywhere: in `profiles`, in the role's table and in the tokens'
/// `user_id`.
///
/// A `UUIDv7` (RFC 9562 §5.7). New ids sort after old ones, which keeps the index small and cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(Uuid);

impl ProfileId {
    /// Generates an id from `now` in milliseconds and 74 random bits.
    #[must_use]
    pub fn generate(now: DateTime<Utc>, randomness: &dyn Randomness) -> Self {
        Self(uuid_v7(now, randomness))
    }

    /// Returns the id that a store or a token holds as a UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies one session; the tokens' `sid`. A `UUIDv7`, like [`ProfileId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Generates an id.
    #[must_use]
    pub fn generate(now: DateTime<Utc>, randomness: &dyn Randomness) -> Self {
        Self(uuid_v7(now, randomness))
    }

    /// Derives the id of the session that continues a token of the legacy backend, issued at
    /// `issued_at`. The same token gives the same id, so there is at most one such session.
    #[must_use]
    pub fn of_legacy(token: TokenId, issued_at: DateTime<Utc>) -> Self {
        let mut chance = [0; 10];
        chance.copy_from_slice(&token.digest_for("session of ")[..10]);
        Self(uuid_v7_of(issued_at, &chance))
    }

    /// Returns when the session was opened, in whole milliseconds. The id contains it.
    #[must_use]
    pub fn opened_at(&self) -> DateTime<Utc> {
        let timestamp = self.0.get_timestamp().map(|timestamp| timestamp.to_unix());
        timestamp
            .and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos))
            .unwrap_or_default()
    }

    /// Returns the id that a store or a token holds as a UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies one suspension of an account, or one decision on its application. A `UUIDv7`, like
/// [`ProfileId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(Uuid);

impl RecordId {
    /// Generates the id of an event at `moment`.
    #[must_use]
    pub fn generate(moment: DateTime<Utc>, randomness: &dyn Randomness) -> Self {
        Self(uuid_v7(moment, randomness))
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

/// Builds a UUID from a time in milliseconds and 74 random bits (RFC 9562 §5.7).
fn uuid_v7(now: DateTime<Utc>, randomness: &dyn Randomness) -> Uuid {
    let mut random = [0; 10];
    randomness.fill(&mut random);
    uuid_v7_of(now, &random)
}

fn uuid_v7_of(now: DateTime<Utc>, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

/// Identifies one token (RFC 7519 §4.1.7, `jti`): 128 random bits, written as 32 hexadecimal
/// digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId(u128);

impl TokenId {
    /// Generates an id.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let mut random = [0; 16];
        randomness.fill(&mut random);
        Self(u128::from_be_bytes(random))
    }

    /// Derives the id of the refresh token that follows this one. It is the same on every call and
    /// every instance. It needs no secret, because a token is protected by its signature.
    #[must_use]
    pub fn successor(self) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.digest_for("successor of ")[..16]);
        Self(u128::from_be_bytes(bytes))
    }

    /// Digests for different purposes are independent of each other and of [`TokenId::digest`].
    fn digest_for(self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(purpose).chain_update(self.0.to_be_bytes()).finalize().into()
    }

    /// Returns the digest that a store keeps instead of the id.
    #[must_use]
    pub fn digest(self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0.to_be_bytes()).into())
    }

    /// Parses the 32 lower-case hexadecimal digits that [`fmt::Display`] writes. Returns `None` for
    /// anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if digits { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The SHA-256 digest of a [`TokenId`]. It identifies a token but does not reveal its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
