//! Identifiers.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::randomness::Randomness;

/// A `UUIDv7` (RFC 9562 §5.7) that identifies a `T`. New ids sort after old ones, which keeps the
/// index small and cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id<T>(Uuid, PhantomData<T>);

impl<T> Id<T> {
    /// Generates an id from `now` in milliseconds and 74 random bits.
    #[must_use]
    pub fn generate(now: DateTime<Utc>, randomness: &dyn Randomness) -> Self {
        let mut random = [0; 10];
        randomness.fill(&mut random);
        Self::from_uuid(uuid_v7(now, &random))
    }

    /// Returns the id that a store or a token holds as a UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// Returns the id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self::from_uuid)
    }
}

/// Identifies one account everywhere: in `profiles`, in the role's table and in the tokens'
/// `user_id`.
pub type ProfileId = Id<OfProfile>;

/// What a [`ProfileId`] identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfProfile {}

/// Identifies one session; the tokens' `sid`.
pub type SessionId = Id<OfSession>;

/// What a [`SessionId`] identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfSession {}

/// Identifies one member of staff.
pub type StaffId = Id<OfStaff>;

/// What a [`StaffId`] identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfStaff {}

/// Identifies one suspension of an account, or one event of its application.
pub type RecordId = Id<OfRecord>;

/// What a [`RecordId`] identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfRecord {}

/// Identifies one message to an account's owner.
pub type MessageId = Id<OfMessage>;

/// What a [`MessageId`] identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfMessage {}

impl RecordId {
    /// Returns the id of a record of that time that was written without an id: always the same.
    #[must_use]
    pub fn of_time(time: DateTime<Utc>) -> Self {
        Self::from_uuid(uuid_v7(time, &[0; 10]))
    }
}

impl SessionId {
    /// Derives the id of the session that continues a token of the legacy backend, issued at
    /// `issued_at`. The same token gives the same id, so there is at most one such session.
    #[must_use]
    pub fn of_legacy(token: TokenId, issued_at: DateTime<Utc>) -> Self {
        let mut chance = [0; 10];
        chance.copy_from_slice(&token.digest_for("session of ")[..10]);
        Self::from_uuid(uuid_v7(issued_at, &chance))
    }

    /// Returns when the session was opened, in whole milliseconds. The id contains it.
    #[must_use]
    pub fn opened_at(&self) -> DateTime<Utc> {
        let timestamp = self.0.get_timestamp().map(|timestamp| timestamp.to_unix());
        timestamp
            .and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos))
            .unwrap_or_default()
    }
}

/// Builds a UUID from a time in milliseconds and 74 random bits (RFC 9562 §5.7).
fn uuid_v7(now: DateTime<Utc>, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

/// Identifies one token (RFC 7519 §4.1.7, `jti`): 128 random bits, written as 32 hexadecimal
/// digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
