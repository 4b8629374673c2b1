use chrono::{DateTime, Utc};

use super::AccessClaims;
use crate::account::Role;
use crate::ids::{ProfileId, SessionId};

/// An authenticated account holder who calls a use case. Staff and services will have separate
/// types, so that the kinds of callers cannot be confused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub profile_id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The session that the access token belongs to. Whether it is live is for the store to say.
    pub session: SessionId,
    /// How the caller authenticated when the session was opened.
    pub method: AuthenticationMethod,
    /// When the caller authenticated: when the session was opened, to the millisecond.
    pub authenticated_at: DateTime<Utc>,
}

/// How a caller authenticated (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// With a password, `pwd`. A registration counts as well: it sets the password.
    Password,
}

impl From<&AccessClaims> for Caller {
    fn from(AccessClaims(claims): &AccessClaims) -> Self {
        Self {
            profile_id: claims.profile_id,
            role: claims.role,
            session: claims.session,
            method: AuthenticationMethod::Password,
            authenticated_at: claims.session.opened_at(),
        }
    }
}
