use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};

use super::ClientInfo;
use crate::account::Role;
use crate::ids::{ProfileId, SessionId, TokenDigest};

/// A login, from its first pair of tokens to its end: a family of refresh tokens, each the successor of the
/// one before (RFC 9700 §4.14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it; the tokens' `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub profile_id: ProfileId,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When its newest refresh token was made.
    pub used_at: DateTime<Utc>,
    /// When that token expires, and the session with it.
    pub expires_at: DateTime<Utc>,
    /// When the session ends however often it is used.
    pub ends_at: DateTime<Utc>,
    /// Where it was opened from.
    pub client: ClientInfo,
}

impl Session {
    /// How long a session that was ended is kept, so that its owner can see why.
    pub const KEPT_AFTER_END: TimeDelta = TimeDelta::days(30);

    /// Maximum number of live sessions of one account, and of its ended sessions that are kept.
    pub const MAX_PER_ACCOUNT: u32 = 100;
}

/// A session that was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    /// The session, as it was.
    pub session: Session,
    /// When it was ended.
    pub ended_at: DateTime<Utc>,
    /// Why.
    pub reason: RecordedEndReason,
}

/// Why a session ended, as it is stored: an [`EndReason`], or a later release's word for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEndReason(Cow<'static, str>);

impl RecordedEndReason {
    /// The reason of that word.
    #[must_use]
    pub const fn on_record(word: String) -> Self {
        Self(Cow::Owned(word))
    }

    /// The reason's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EndReason> for RecordedEndReason {
    fn from(reason: EndReason) -> Self {
        Self(Cow::Borrowed(reason.as_str()))
    }
}

impl PartialEq<EndReason> for RecordedEndReason {
    fn eq(&self, other: &EndReason) -> bool {
        self.0 == other.as_str()
    }
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its own client logged out.
    LoggedOut,
    /// Its owner ended it from another session.
    EndedByOwner,
    /// A refresh token was used again after its successor was made: one of two holders is a thief.
    TokenReused,
    /// The password was changed in another session.
    PasswordChanged,
    /// Staff rejected the account.
    Rejected,
    /// Staff suspended the account.
    Suspended,
    /// A newer session took its place: the account had [`Session::MAX_PER_ACCOUNT`].
    TooManySessions,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::LoggedOut,
        Self::EndedByOwner,
        Self::TokenReused,
        Self::PasswordChanged,
        Self::Rejected,
        Self::Suspended,
        Self::TooManySessions,
    ];

    /// The reason's word, in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::EndedByOwner => "ended_by_owner",
            Self::TokenReused => "token_reused",
            Self::PasswordChanged => "password_changed",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
            Self::TooManySessions => "too_many_sessions",
        }
    }
}

/// What decides whether a session may be taken over by an account, which is locked meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedAccount {
    /// The account's role.
    pub role: Role,
    /// Whether staff rejected the account.
    pub is_rejected: bool,
    /// Whether staff suspended the account.
    pub is_suspended: bool,
    /// When all of its sessions were last ended at once, if they ever were.
    pub not_before: Option<DateTime<Utc>>,
}

/// The use of a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// The account that the token names.
    pub profile_id: ProfileId,
    /// The session that the token names.
    pub session: SessionId,
    /// The token that was presented.
    pub presented: TokenDigest,
    /// The token that follows it.
    pub successor: TokenDigest,
    /// When the successor expires, if the session does not end before.
    pub expires_at: DateTime<Utc>,
}

/// What became of the use of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationOutcome {
    /// The token was replaced by its successor, now or by an earlier use within the grace period.
    Rotated(TokenGrant),
    /// The session has a newer token, so somebody holds an old one. This use ended the session.
    Reused,
    /// The account has no live session of that id.
    NotLive,
}

/// What a use found: the session as it is now, whose newest token is the successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenGrant {
    /// Whose session.
    pub profile_id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// Whether the account may log in, by now.
    pub is_approved: bool,
    /// When the successor was made: now, or at the first use if this was a repeated one.
    pub used_at: DateTime<Utc>,
    /// When the successor expires.
    pub expires_at: DateTime<Utc>,
}
