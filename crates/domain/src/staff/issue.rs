use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{StaffClaims, StaffRole, StaffSession, StaffTokenIssuer, StaffTokenKind};
use crate::clock::Clock;
use crate::ids::{SessionId, StaffId, TokenId};
use crate::randomness::Randomness;
use crate::session::{ClientInfo, SigningError, TokenPair};

/// Opens sessions of staff and issues their tokens.
pub struct StaffSessionIssuer {
    /// Signs the tokens.
    pub issuer: Arc<dyn StaffTokenIssuer>,
    /// Tells when a session begins.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids.
    pub randomness: Arc<dyn Randomness>,
    /// Lifetime of an access token.
    pub access: TimeDelta,
}

/// The state of a session from which its current tokens are issued.
pub(super) struct StaffGrant {
    pub(super) staff_id: StaffId,
    pub(super) session: SessionId,
    pub(super) role: StaffRole,
    /// When the refresh token was issued, and when it expires.
    pub(super) used_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

impl StaffSessionIssuer {
    /// Creates a session that begins now; the caller stores it. Also returns the id of its refresh
    /// token.
    pub(super) fn new_session(&self, staff_id: StaffId, client: ClientInfo) -> (StaffSession, TokenId) {
        let now = self.clock.now();
        let session = StaffSession {
            id: SessionId::generate(now, &*self.randomness),
            staff_id,
            opened_at: now,
            used_at: now,
            expires_at: StaffSession::expiry(now),
            ends_at: now.trunc_subsecs(0) + StaffSession::ABSOLUTE,
            client,
        };
        (session, TokenId::generate(&*self.randomness))
    }

    /// Issues the current tokens of a session. The refresh token is the same on every call; the access
    /// token is new.
    pub(super) fn pair(&self, refresh: TokenId, grant: &StaffGrant) -> Result<TokenPair, SigningError> {
        let refresh = StaffClaims {
            kind: StaffTokenKind::Refresh,
            id: refresh,
            staff_id: grant.staff_id,
            session: grant.session,
            role: grant.role,
            issued_at: grant.used_at.trunc_subsecs(0),
            expires_at: grant.expires_at,
        };
        let issued_at = self.clock.now().trunc_subsecs(0);
        let access = StaffClaims {
            kind: StaffTokenKind::Access,
            id: TokenId::generate(&*self.randomness),
            issued_at,
            expires_at: issued_at + self.access,
            ..refresh.clone()
        };
        Ok(TokenPair {
            access: self.issuer.issue(&access)?,
            refresh: self.issuer.issue(&refresh)?,
            expires_in: self.access,
        })
    }
}
