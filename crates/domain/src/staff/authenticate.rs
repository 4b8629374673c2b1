use std::sync::Arc;

use super::refresh::verify;
use super::{StaffClaims, StaffMember, StaffSessionError, StaffSessionIssuer, StaffTokenKind};
use crate::session::TokenError;
use crate::store::Store;

/// Authenticates the member of staff who sent a request.
pub struct AuthenticateStaff {
    /// Stores sessions and members.
    pub store: Arc<dyn Store>,
    /// Verifies tokens.
    pub session_issuer: Arc<StaffSessionIssuer>,
}

impl AuthenticateStaff {
    /// Returns the claims of an access token, without the store.
    ///
    /// # Errors
    ///
    /// Why the token is not a valid access token of staff.
    pub fn verify(&self, token: &str) -> Result<StaffClaims, TokenError> {
        verify(&self.session_issuer, token, StaffTokenKind::Access, self.session_issuer.clock.now())
    }

    /// Returns the member of an access token. Reads the member at each call, so that a disabled member
    /// is refused, and another role or scope holds, from the next request on.
    ///
    /// # Errors
    ///
    /// [`StaffSessionError::Token`] for anything but an access token of a live session of a member who
    /// is not disabled.
    pub fn run(&self, token: &str) -> Result<StaffMember, StaffSessionError> {
        let StaffClaims { staff_id, session, .. } = self.verify(token)?;
        let now = self.session_issuer.clock.now();
        let member = self.store.autocommit()?.staff_sessions().member(staff_id, session, now)?;
        Ok(member.filter(StaffMember::is_enabled).ok_or(TokenError::SessionEnded)?)
    }
}
