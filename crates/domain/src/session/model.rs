use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use strum::{IntoStaticStr, VariantArray};

use super::ClientInfo;
use crate::account::Role;
use crate::ids::{ProfileId, SessionId, TokenDigest};

/// A session: a login with its family of refresh tokens, each the successor of the one before (RFC
/// 9700 §4.14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session's id; the tokens' `sid`.
    pub id: SessionId,
    /// The account.
    pub profile_id: ProfileId,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When its current refresh token was issued.
    pub used_at: DateTime<Utc>,
    /// When that token expires, and the session with it.
    pub expires_at: DateTime<Utc>,
    /// When the session ends, however often it is used.
    pub ends_at: DateTime<Utc>,
    /// The HTTP client that opened it.
    pub client: ClientInfo,
}

impl Session {
    /// How long a revoked session is kept, so that the account holder can see the reason.
    pub const KEPT_AFTER_END: TimeDelta = TimeDelta::days(30);

    /// Maximum number of live sessions of one account, and of its ended sessions that are kept.
    pub const MAX_PER_ACCOUNT: u32 = 100;
}

/// A session that was revoked before it expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSession {
    /// The session as it was.
    pub session: Session,
    /// When it was revoked.
    pub ended_at: DateTime<Utc>,
    /// The reason.
    pub reason: RecordedEndReason,
}

/// The stored reason why a session ended: an [`EndReason`], or a name that a later release stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEndReason(Cow<'static, str>);

impl RecordedEndReason {
    /// Returns the stored reason with that name.
    #[must_use]
    pub const fn on_record(word: String) -> Self {
        Self(Cow::Owned(word))
    }

    /// Returns the reason's name.
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

/// The reason why a session was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The client logged out.
    LoggedOut,
    /// The account holder revoked it from another session.
    EndedByOwner,
    /// A refresh token was used again after it was replaced: one of two parties has stolen it.
    TokenReused,
    /// The password was changed in another session.
    PasswordChanged,
    /// The password was set by a link in a mail.
    PasswordReset,
    /// A change of the address was taken back.
    EmailReverted,
    /// Staff rejected the account.
    Rejected,
    /// Staff took back the approval of the account.
    Reopened,
    /// Staff suspended the account.
    Suspended,
    /// Staff revoked all sessions of the account.
    RevokedByStaff,
    /// A newer session replaced it: the account had [`Session::MAX_PER_ACCOUNT`].
    TooManySessions,
}

impl EndReason {
    /// Every reason.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Returns the reason's name, in responses and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The state of a locked account that decides whether it can adopt a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedAccount {
    /// The account's role.
    pub role: Role,
    /// Whether staff rejected the account.
    pub is_rejected: bool,
    /// Whether staff suspended the account.
    pub is_suspended: bool,
    /// When the account's sessions were last revoked all together, if ever.
    pub not_before: Option<DateTime<Utc>>,
}

/// One use of a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// The account that the token names.
    pub profile_id: ProfileId,
    /// The session that the token names.
    pub session: SessionId,
    /// The token that the client sent.
    pub presented: TokenDigest,
    /// Its successor.
    pub successor: TokenDigest,
    /// When the successor expires, if the session does not end before.
    pub expires_at: DateTime<Utc>,
}

/// The outcome of one use of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationOutcome {
    /// The token was replaced by its successor: now, or by an earlier use within the grace period.
    Rotated(TokenGrant),
    /// The session has a newer token, so two parties hold its tokens. This use revoked the session.
    Reused,
    /// The account has no live session with that id.
    NotLive,
}

/// The state of a session from which its current tokens are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenGrant {
    /// The account.
    pub profile_id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// Whether the account is approved now, or needs no approval.
    pub is_approved: bool,
    /// Whether the owner has confirmed the account's address by now.
    pub is_email_verified: bool,
    /// When the successor was issued: now, or at the first use if this is a repeated one.
    pub used_at: DateTime<Utc>,
    /// When the successor expires.
    pub expires_at: DateTime<Utc>,
}
