use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use strum::IntoStaticStr;

use super::StaffRole;
use crate::ids::{SessionId, StaffId, TokenDigest, TokenId};
use crate::session::{ClientInfo, SigningError, Token, TokenError};

/// A session of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSession {
    /// The session's id; the tokens' `sid`.
    pub id: SessionId,
    /// The member.
    pub staff_id: StaffId,
    /// When the member logged in.
    pub opened_at: DateTime<Utc>,
    /// When the current refresh token was issued.
    pub used_at: DateTime<Utc>,
    /// When that token expires, and the session with it.
    pub expires_at: DateTime<Utc>,
    /// When the session ends, however often it is used.
    pub ends_at: DateTime<Utc>,
    /// The HTTP client that opened it.
    pub client: ClientInfo,
}

impl StaffSession {
    /// How long a session may be idle: the lifetime of a refresh token.
    pub const IDLE: TimeDelta = TimeDelta::hours(1);
    /// Lifetime of a session, however often it is used.
    pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

    /// Returns when a refresh token issued at `now` expires, if its session does not end before.
    pub(super) fn expiry(now: DateTime<Utc>) -> DateTime<Utc> {
        now.trunc_subsecs(0) + Self::IDLE
    }
}

/// The reason why a session of staff was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum StaffEndReason {
    /// The client logged out.
    LoggedOut,
    /// A refresh token was used again after it was replaced: one of two parties has stolen it.
    TokenReused,
    /// An admin replaced the password.
    PasswordReset,
    /// An admin replaced the second factor.
    SecondFactorReset,
    /// An admin disabled the member.
    Disabled,
}

impl StaffEndReason {
    /// Returns the reason's name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One use of a refresh token of staff.
#[derive(Debug, Clone, Copy)]
pub struct StaffRotation {
    /// The member that the token names.
    pub staff_id: StaffId,
    /// The session that the token names.
    pub session: SessionId,
    /// The token that the client sent.
    pub presented: TokenDigest,
    /// Its successor.
    pub successor: TokenDigest,
    /// When the successor expires, if the session does not end before.
    pub expires_at: DateTime<Utc>,
}

/// The outcome of one use of a refresh token of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffRotationOutcome {
    /// The token was replaced by its successor: now, or by an earlier use within the grace period.
    Rotated {
        /// When the successor was issued.
        used_at: DateTime<Utc>,
        /// When the successor expires.
        expires_at: DateTime<Utc>,
    },
    /// The session has a newer token, so two parties hold its tokens. This use revoked the session.
    Reused,
    /// The member has no live session with that id.
    NotLive,
}

/// The kind of a token of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffTokenKind {
    /// Authenticates requests.
    Access,
    /// Is exchanged for new tokens.
    Refresh,
}

impl StaffTokenKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Access, Self::Refresh];

    /// Returns the value of the claim `token_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// The claims of a token of staff. It names no account, so no service takes it for an account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffClaims {
    /// The kind, `token_type`.
    pub kind: StaffTokenKind,
    /// The token's id, `jti`.
    pub id: TokenId,
    /// The member, `sub`.
    pub staff_id: StaffId,
    /// The session, `sid`. It tells when the member logged in, `auth_time`.
    pub session: SessionId,
    /// The member's role when the token was issued, `role`.
    pub role: StaffRole,
    /// When the token was issued, `iat`, in whole seconds.
    pub issued_at: DateTime<Utc>,
    /// When the token expires, `exp`, in whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// Signs the tokens of staff, and verifies those that it signed.
pub trait StaffTokenIssuer: Send + Sync {
    /// Signs `claims`.
    fn issue(&self, claims: &StaffClaims) -> Result<Token, SigningError>;

    /// Returns the claims of `token` if this issuer signed it for staff and it has not expired at
    /// `now`. The requirements are those of [`TokenIssuer::verify`](crate::session::TokenIssuer::verify).
    /// MUST refuse the tokens of accounts.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<StaffClaims, TokenError>;
}
