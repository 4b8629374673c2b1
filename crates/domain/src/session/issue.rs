use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

use super::{
    AccessClaims, Claims, ClientInfo, RefreshClaims, Session, SessionLifetimes, SigningError, Token,
    TokenClaims, TokenGrant, TokenIssuer, TokenPair, TokenScope,
};
use crate::account::{Account, Role};
use crate::clock::Clock;
use crate::ids::{ProfileId, SessionId, TokenDigest, TokenId};
use crate::password::Credentials;
use crate::randomness::Randomness;
use crate::store::{Repositories, StoreError};

/// Opens sessions and issues their tokens.
pub struct SessionIssuer {
    /// Signs the tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Tells when a session begins.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids.
    pub randomness: Arc<dyn Randomness>,
    /// How long sessions and tokens live.
    pub lifetimes: SessionLifetimes,
}

/// The account that a session is opened for.
#[derive(Debug, Clone, Copy)]
pub struct SessionOwner {
    /// The account's id.
    pub profile_id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// Whether the account is approved, or needs no approval.
    pub is_approved: bool,
    /// Whether the owner confirmed the account's address.
    pub is_email_verified: bool,
}

impl From<&Account> for SessionOwner {
    fn from(account: &Account) -> Self {
        Self {
            profile_id: account.id,
            role: account.role(),
            is_approved: account.is_approved(),
            is_email_verified: account.email_verified_at.is_some(),
        }
    }
}

impl From<&Credentials> for SessionOwner {
    fn from(known: &Credentials) -> Self {
        Self {
            profile_id: known.id,
            role: known.role,
            is_approved: known.is_approved,
            is_email_verified: known.is_email_verified,
        }
    }
}

/// A session that is not stored yet.
pub(crate) struct NewSession {
    pub(crate) session: Session,
    /// The digest of its refresh token.
    pub(crate) current: TokenDigest,
}

impl NewSession {
    /// Inserts the session, unless the account's sessions were revoked after `not_before`, and
    /// revokes the oldest sessions beyond the maximum. Returns whether it was inserted.
    pub(crate) fn insert_unless_revoked(
        &self,
        repositories: &mut dyn Repositories,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let is_open = self.insert(repositories, not_before)?;
        if is_open {
            self.revoke_oldest(repositories)?;
        }
        Ok(is_open)
    }

    /// Inserts the session, unless the account's sessions were revoked after `not_before`. Returns
    /// whether it was inserted.
    pub(crate) fn insert(
        &self,
        repositories: &mut dyn Repositories,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        repositories.sessions().insert_unless_revoked(&self.session, &self.current, not_before)
    }

    /// Revokes the oldest sessions of the account beyond the maximum. The session MUST be committed, so
    /// that the last of simultaneous logins sees those of the others.
    pub(crate) fn revoke_oldest(&self, repositories: &mut dyn Repositories) -> Result<(), StoreError> {
        let Session { profile_id, id, opened_at, .. } = self.session;
        repositories.sessions().revoke_oldest(profile_id, id, opened_at)
    }
}

impl SessionIssuer {
    /// Creates a session for `owner` that begins now, and its tokens. The caller stores the session.
    pub(crate) fn new_session(
        &self,
        owner: SessionOwner,
        client: ClientInfo,
    ) -> Result<(NewSession, TokenPair), SigningError> {
        let SessionOwner { profile_id, role, is_approved, is_email_verified } = owner;
        let now = self.clock.now();
        let ends_at = whole_seconds(now) + self.lifetimes.absolute.of(role);
        let expires_at = ends_at.min(self.expiry(now, role));
        let session = self.session(profile_id, client, now, (expires_at, ends_at));
        let refresh = TokenId::generate(&*self.randomness);
        let current = refresh.digest();
        let grant = TokenGrant { profile_id, role, is_approved, is_email_verified, used_at: now, expires_at };
        let tokens = self.pair(session.id, refresh, grant)?;
        Ok((NewSession { session, current }, tokens))
    }

    /// Creates a session for an applicant who may not log in, and its only token, whose scope is the
    /// application. The caller stores the session, which cannot be refreshed.
    pub(crate) fn application_session(
        &self,
        owner: SessionOwner,
        client: ClientInfo,
    ) -> Result<(NewSession, Token), SigningError> {
        let SessionOwner { profile_id, role, is_approved, is_email_verified } = owner;
        let now = self.clock.now();
        let expires_at = whole_seconds(now) + SessionLifetimes::APPLICATION;
        let session = self.session(profile_id, client, now, (expires_at, expires_at));
        let claims = TokenClaims {
            id: TokenId::generate(&*self.randomness),
            profile_id,
            session: session.id,
            role,
            is_approved,
            is_email_verified,
            scope: Some(TokenScope::Application),
            issued_at: whole_seconds(now),
            expires_at,
        };
        let access = self.issuer.issue(&Claims::Access(AccessClaims(claims)))?;
        // The digest of a refresh token that nobody gets.
        let current = TokenId::generate(&*self.randomness).digest();
        Ok((NewSession { session, current }, access))
    }

    fn session(
        &self,
        profile_id: ProfileId,
        client: ClientInfo,
        now: DateTime<Utc>,
        (expires_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Session {
        let id = SessionId::generate(now, &*self.randomness);
        Session { id, profile_id, opened_at: now, used_at: now, expires_at, ends_at, client }
    }

    /// Returns when a refresh token issued at `now` expires, if its session does not end before.
    pub(crate) fn expiry(&self, now: DateTime<Utc>, role: Role) -> DateTime<Utc> {
        whole_seconds(now) + self.lifetimes.idle.of(role)
    }

    /// Issues the current tokens of a session. The refresh token is the same on every call; the
    /// access token is new.
    pub(crate) fn pair(
        &self,
        session: SessionId,
        refresh: TokenId,
        grant: TokenGrant,
    ) -> Result<TokenPair, SigningError> {
        let TokenGrant { profile_id, role, is_approved, is_email_verified, used_at, expires_at } = grant;
        let issued_at = whole_seconds(used_at);
        let refresh = TokenClaims {
            id: refresh,
            profile_id,
            session,
            role,
            is_approved,
            is_email_verified,
            scope: None,
            issued_at,
            expires_at,
        };
        let issued_at = whole_seconds(self.clock.now());
        let access = TokenClaims {
            id: TokenId::generate(&*self.randomness),
            issued_at,
            expires_at: issued_at + self.lifetimes.access,
            ..refresh.clone()
        };
        Ok(TokenPair {
            access: self.issuer.issue(&Claims::Access(AccessClaims(access)))?,
            refresh: self.issuer.issue(&Claims::Refresh(RefreshClaims(refresh)))?,
            expires_in: self.lifetimes.access,
        })
    }
}

/// Truncates to whole seconds, because tokens have no fractions (RFC 7519 §2, `NumericDate`).
fn whole_seconds(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.trunc_subsecs(0)
}
