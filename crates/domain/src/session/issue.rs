use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{Claims, ClientInfo, Session, TokenGrant, TokenIssuer, TokenPair, TokenType};
use crate::account::Role;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::{ProfileId, SessionId, TokenDigest, TokenId};
use crate::randomness::Randomness;
use crate::store::Repositories;

/// How long sessions and their tokens live.
#[derive(Debug, Clone, Copy)]
pub struct SessionLifetimes {
    /// An access token's life.
    pub access: TimeDelta,
    /// A refresh token's life: how long a session may stay idle.
    pub idle: PerRole<TimeDelta>,
    /// How long a session lives in all.
    pub absolute: PerRole<TimeDelta>,
}

impl SessionLifetimes {
    /// The longest that any token made now is good for.
    #[must_use]
    pub fn longest_token(&self) -> TimeDelta {
        let refresh = Role::ALL.map(|role| self.idle.of(role).min(self.absolute.of(role)));
        refresh.into_iter().fold(self.access, TimeDelta::max)
    }
}

/// A value for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerRole<T> {
    /// For patients.
    pub patient: T,
    /// For doctors.
    pub doctor: T,
    /// For hospitals.
    pub hospital: T,
    /// For laboratories.
    pub labo: T,
}

impl<T: Copy> PerRole<T> {
    /// The same value for every role.
    #[must_use]
    pub const fn same(value: T) -> Self {
        Self { patient: value, doctor: value, hospital: value, labo: value }
    }

    /// Returns the value for `role`.
    #[must_use]
    pub const fn of(&self, role: Role) -> T {
        match role {
            Role::Patient => self.patient,
            Role::Doctor => self.doctor,
            Role::Hospital => self.hospital,
            Role::Labo => self.labo,
        }
    }
}

/// Opens sessions, and makes their tokens.
pub struct SessionIssuer {
    /// Signs the tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Tells when they begin.
    pub clock: Arc<dyn Clock>,
    /// Makes their ids.
    pub randomness: Arc<dyn Randomness>,
    /// How long they live.
    pub lifetimes: SessionLifetimes,
}

/// Whose session.
#[derive(Debug, Clone, Copy)]
pub struct SessionOwner {
    /// The account.
    pub profile_id: ProfileId,
    /// Its role.
    pub role: Role,
    /// Whether it may log in.
    pub is_approved: bool,
}

/// A session that is not kept yet. Its tokens go out when it is.
pub(crate) struct NewSession {
    pub(crate) session: Session,
    /// Of its refresh token.
    pub(crate) current: TokenDigest,
    pub(crate) tokens: TokenPair,
}

impl SessionIssuer {
    /// Opens a session of `owner`, if its sessions were not all ended since `not_before`, when that was done last. Ends
    /// the oldest sessions beyond the maximum.
    pub(crate) fn open_unless_revoked(
        &self,
        repositories: &mut dyn Repositories,
        owner: SessionOwner,
        client: ClientInfo,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<Option<TokenPair>, Error> {
        let NewSession { session, current, tokens } = self.begin(owner, client)?;
        let sessions = repositories.sessions();
        if !sessions.insert_unless_revoked(&session, &current, not_before)? {
            return Ok(None);
        }
        sessions.revoke_oldest(session.profile_id, session.id, session.opened_at)?;
        Ok(Some(tokens))
    }

    /// A session of `owner` that begins now; the caller keeps it.
    pub(crate) fn begin(&self, owner: SessionOwner, client: ClientInfo) -> Result<NewSession, Error> {
        let SessionOwner { profile_id, role, is_approved } = owner;
        let now = self.clock.now();
        let ends_at = whole_seconds(now) + self.lifetimes.absolute.of(role);
        let expires_at = ends_at.min(self.expiry(now, role));
        let session = Session {
            id: SessionId::generate(now, &*self.randomness),
            profile_id,
            opened_at: now,
            used_at: now,
            expires_at,
            ends_at,
            client,
        };
        let refresh = TokenId::generate(&*self.randomness);
        let current = refresh.digest();
        let rotated = TokenGrant { profile_id, role, is_approved, used_at: now, expires_at };
        let tokens = self.pair(session.id, refresh, rotated)?;
        Ok(NewSession { session, current, tokens })
    }

    /// When a refresh token made at `now` expires, if its session does not end before.
    pub(crate) fn expiry(&self, now: DateTime<Utc>, role: Role) -> DateTime<Utc> {
        whole_seconds(now) + self.lifetimes.idle.of(role)
    }

    /// The newest tokens of a session. The refresh token is the same each time; the access token is new.
    pub(crate) fn pair(
        &self,
        session: SessionId,
        refresh: TokenId,
        now: TokenGrant,
    ) -> Result<TokenPair, Error> {
        let TokenGrant { profile_id: user_id, role, is_approved, used_at, expires_at } = now;
        let refresh = Claims {
            token_type: TokenType::Refresh,
            id: refresh,
            user_id,
            session,
            role,
            is_approved,
            issued_at: whole_seconds(used_at),
            expires_at,
        };
        let issued_at = whole_seconds(self.clock.now());
        let access = Claims {
            token_type: TokenType::Access,
            id: TokenId::generate(&*self.randomness),
            issued_at,
            expires_at: issued_at + self.lifetimes.access,
            ..refresh.clone()
        };
        Ok(TokenPair {
            access: self.issuer.issue(&access)?,
            refresh: self.issuer.issue(&refresh)?,
            expires_in: self.lifetimes.access,
        })
    }
}

/// Tokens count in whole seconds (RFC 7519 §2, `NumericDate`).
fn whole_seconds(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.trunc_subsecs(0)
}
