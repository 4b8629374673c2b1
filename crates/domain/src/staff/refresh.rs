use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::issue::StaffGrant;
use super::{
    StaffClaims, StaffEndReason, StaffMember, StaffRotation, StaffRotationOutcome, StaffSession,
    StaffSessionError, StaffSessionIssuer, StaffTokenKind,
};
use crate::session::{TokenError, TokenPair, grace_window};
use crate::store::Store;

/// Exchanges a refresh token of staff for its successor and a new access token (RFC 9700 §4.14.2).
pub struct RefreshStaff {
    /// Stores sessions and members.
    pub store: Arc<dyn Store>,
    /// Verifies tokens, and issues new ones.
    pub session_issuer: Arc<StaffSessionIssuer>,
    /// How long after its use a token may be used again: a response was lost, or two tabs refreshed
    /// together.
    pub grace: TimeDelta,
}

impl RefreshStaff {
    /// Replaces the token by its successor, with the rules of [`Refresh`](crate::session::Refresh).
    ///
    /// # Errors
    ///
    /// [`StaffSessionError::Token`] for anything but the current refresh token of a live session of a
    /// member who is not disabled.
    pub fn run(&self, token: &str) -> Result<TokenPair, StaffSessionError> {
        let now = self.session_issuer.clock.now();
        let claims = verify(&self.session_issuer, token, StaffTokenKind::Refresh, now)?;
        let StaffClaims { staff_id, session, id: token, .. } = claims;
        let rotation = StaffRotation {
            staff_id,
            session,
            presented: token.digest(),
            successor: token.successor().digest(),
            expires_at: StaffSession::expiry(now),
        };
        let grace_since = now - grace_window(&*self.store, self.grace);
        let mut store = self.store.autocommit()?;
        let outcome = store.staff_sessions().rotate(&rotation, now, grace_since)?;
        let (used_at, expires_at) = match outcome {
            StaffRotationOutcome::Rotated { used_at, expires_at } => (used_at, expires_at),
            StaffRotationOutcome::Reused => return Err(TokenError::Reused.into()),
            StaffRotationOutcome::NotLive => return Err(TokenError::SessionEnded.into()),
        };
        let member = store.staff_sessions().member(staff_id, session, now)?;
        let member = member.filter(StaffMember::is_enabled).ok_or(TokenError::SessionEnded)?;
        let grant = StaffGrant { staff_id, session, role: member.role, used_at, expires_at };
        Ok(self.session_issuer.pair(token.successor(), &grant)?)
    }
}

/// Revokes the session of a refresh token of staff.
pub struct StaffLogout {
    /// Stores sessions.
    pub store: Arc<dyn Store>,
    /// Verifies tokens.
    pub session_issuer: Arc<StaffSessionIssuer>,
}

impl StaffLogout {
    /// Revokes the session if it is live. A session that has ended is no error (RFC 7009 §2.2).
    ///
    /// # Errors
    ///
    /// [`StaffSessionError::Token`] for anything but a valid refresh token of staff.
    pub fn run(&self, token: &str) -> Result<(), StaffSessionError> {
        let now = self.session_issuer.clock.now();
        let claims = verify(&self.session_issuer, token, StaffTokenKind::Refresh, now)?;
        let mut store = self.store.autocommit()?;
        let reason = StaffEndReason::LoggedOut;
        store.staff_sessions().revoke(claims.staff_id, claims.session, now, reason)?;
        Ok(())
    }
}

/// Returns the claims of a valid token of this kind.
pub(super) fn verify(
    session_issuer: &StaffSessionIssuer,
    token: &str,
    kind: StaffTokenKind,
    now: DateTime<Utc>,
) -> Result<StaffClaims, TokenError> {
    let claims = session_issuer.issuer.verify(token, now)?;
    if claims.kind == kind { Ok(claims) } else { Err(TokenError::WrongType) }
}
