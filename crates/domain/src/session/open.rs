use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{Claims, Client, Rotated, Session, TokenIssuer, TokenPair, TokenType};
use crate::account::Role;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::{ProfileId, Randomness, SessionId, TokenDigest, TokenId};
use crate::store::Repositories;

/// How long sessions and their tokens live.
#[derive(Debug, Clone, Copy)]
pub struct SessionLifetimes {
    /// An access token's life.
    pub access: TimeDelta,
    /// A refresh token's life: how long a session may stay idle.
    pub idle: RoleTimes,
    /// How long a session lives in all.
    pub absolute: RoleTimes,
}

impl SessionLifetimes {
    /// The longest that any token made now is good for.
    #[must_use]
    pub fn longest_token(&self) -> TimeDelta {
        let refresh = Role::ALL.map(|role| self.idle.of(role).min(self.absolute.of(role)));
        refresh.into_iter().fold(self.access, TimeDelta::max)
    }
}

/// A time for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleTimes {
    /// For patients.
    pub patient: TimeDelta,
    /// For doctors.
    pub doctor: TimeDelta,
    /// For hospitals.
    pub hospital: TimeDelta,
    /// For laboratories.
    pub labo: TimeDelta,
}

impl RoleTimes {
    /// The same time for every role.
    #[must_use]
    pub const fn same(time: TimeDelta) -> Self {
        Self { patient: time, doctor: time, hospital: time, labo: time }
    }

    /// The time for `role`.
    #[must_use]
    pub const fn of(&self, role: Role) -> TimeDelta {
        match role {
            Role::Patient => self.patient,
            Role::Doctor => self.doctor,
            Role::Hospital => self.hospital,
            Role::Labo => self.labo,
        }
    }
}

/// Opens sessions, and makes their tokens.
pub struct Sessions {
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

impl Sessions {
    /// Opens a session of `owner`, if its sessions were not all ended since `not_before`, when that was done last. Ends
    /// the oldest sessions beyond the maximum.
    pub(crate) fn open_unless_ended(
        &self,
        repositories: &mut dyn Repositories,
        owner: SessionOwner,
        client: Client,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<Option<TokenPair>, Error> {
        let NewSession { session, current, tokens } = self.begin(owner, client)?;
        let sessions = repositories.sessions();
        if !sessions.insert_unless_ended(&session, &current, not_before)? {
            return Ok(None);
        }
        sessions.end_oldest(session.profile_id, session.id, session.opened_at)?;
        Ok(Some(tokens))
    }

    /// A session of `owner` that begins now; the caller keeps it.
    pub(crate) fn begin(&self, owner: SessionOwner, client: Client) -> Result<NewSession, Error> {
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
        let rotated = Rotated { profile_id, role, is_approved, used_at: now, expires_at };
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
        now: Rotated,
    ) -> Result<TokenPair, Error> {
        let Rotated { profile_id: user_id, role, is_approved, used_at, expires_at } = now;
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
        Ok(TokenPair { access: self.issuer.issue(&access)?, refresh: self.issuer.issue(&refresh)? })
    }
}

/// Tokens count in whole seconds (RFC 7519 §2, `NumericDate`).
fn whole_seconds(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.trunc_subsecs(0)
}
