use chrono::{DateTime, Utc};

use super::{AccessClaims, TokenScope};
use crate::account::Role;
use crate::ids::{ProfileId, SessionId};

/// The authenticated account that calls a use case. Staff and services will have other types, so that
/// they cannot be confused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub profile_id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The session that the access token belongs to. The store checks whether it is live.
    pub session: SessionId,
    /// What the access token is limited to; `None` if it opens everything of the account.
    pub scope: Option<TokenScope>,
    /// How the caller authenticated when the session was opened.
    pub method: AuthenticationMethod,
    /// When the caller authenticated: when the session was opened, to the millisecond.
    pub authenticated_at: DateTime<Utc>,
}

/// How a caller authenticated (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
            scope: claims.scope,
            method: AuthenticationMethod::Password,
            authenticated_at: claims.session.opened_at(),
        }
    }
}
