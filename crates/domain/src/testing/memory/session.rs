//! Sessions in memory.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{MemoryTransaction, SessionRow};
use crate::approval::{Approval, ApprovalState};
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::session::{AccountLock, EndReason, EndedSession, Rotated, Rotation, Session, SessionRepository};
use crate::store::StoreError;

impl SessionRow {
    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.session.expires_at > now
    }
}

impl MemoryTransaction<'_> {
    pub(super) fn add_session(&mut self, session: &Session, current: &TokenDigest) {
        let row = SessionRow { session: session.clone(), current: *current, previous: None, ended: None };
        self.state.sessions.push(row);
    }

    fn remove(&mut self, limit: u32, over: impl Fn(&SessionRow) -> bool) -> u32 {
        let mut removed = 0;
        self.state.sessions.retain(|row| {
            let kept = removed == limit || !over(row);
            removed += u32::from(!kept);
            kept
        });
        removed
    }

    fn rotate_one(
        &mut self,
        rotation: &Rotation,
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Option<Rotated> {
        let Rotation { session, presented, successor, expires_at } = *rotation;
        let live = |row: &&mut SessionRow| row.session.id == session && row.is_live(now);
        let row = self.state.sessions.iter_mut().find(live)?;
        if row.current == presented {
            row.previous = Some(presented);
            row.current = successor;
            row.session.used_at = now;
            row.session.expires_at = expires_at.min(row.session.ends_at);
        } else if row.previous != Some(presented) || row.session.used_at <= grace_since {
            return None;
        }
        let Session { profile_id, used_at, expires_at, .. } = row.session;
        self.row(profile_id).map(|row| Rotated {
            profile_id,
            role: row.account.role(),
            is_approved: row.account.is_approved(),
            used_at,
            expires_at,
        })
    }
}

impl SessionRepository for MemoryTransaction<'_> {
    fn insert_unless_ended(
        &mut self,
        session: &Session,
        current: &TokenDigest,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let unchanged = self.row(session.profile_id).is_some_and(|row| row.sessions_not_before == not_before);
        if unchanged {
            self.add_session(session, current);
        }
        Ok(unchanged)
    }

    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<(), StoreError> {
        let known = self.state.sessions.iter().any(|row| row.session.id == session.id);
        if !known {
            self.add_session(session, current);
        }
        Ok(())
    }

    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<AccountLock>, StoreError> {
        Ok(self.row(id).map(|row| AccountLock {
            role: row.account.role(),
            is_rejected: row.account.approval.as_ref().map(Approval::state) == Some(ApprovalState::Rejected),
            is_suspended: row.is_suspended(),
            not_before: row.sessions_not_before,
        }))
    }

    fn rotate(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Vec<Result<Option<Rotated>, StoreError>> {
        rotations.iter().map(|rotation| Ok(self.rotate_one(rotation, now, grace_since))).collect()
    }

    fn end(&mut self, id: SessionId, at: DateTime<Utc>, reason: EndReason) -> Result<bool, StoreError> {
        let found = self.state.sessions.iter_mut().find(|row| row.session.id == id && row.is_live(at));
        Ok(found.map(|row| row.ended = Some((at, reason))).is_some())
    }

    fn end_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        if let Some(row) = self.row(profile_id) {
            row.sessions_not_before = Some(at);
        }
        let mut count = 0;
        for row in self.state.sessions.iter_mut().filter(|row| row.is_live(at)) {
            if row.session.profile_id == profile_id && Some(row.session.id) != except {
                row.ended = Some((at, reason));
                count += 1;
            }
        }
        Ok(count)
    }

    fn lock_removal(&mut self) -> Result<bool, StoreError> {
        // There is no other transaction meanwhile.
        Ok(true)
    }

    fn remove_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let expired = |row: &SessionRow| row.session.expires_at.date_naive() < now.date_naive();
        Ok(self.remove(limit, |row| row.ended.is_none() && expired(row)))
    }

    fn remove_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.remove(limit, |row| row.ended.is_some_and(|(at, _)| at < moment)))
    }

    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let rows = self.state.sessions.iter().filter(|row| row.session.profile_id == profile_id);
        let mut ended: Vec<_> = rows
            .filter_map(|SessionRow { session, ended, .. }| {
                let (ended_at, reason) = ended.filter(|(at, _)| *at >= since)?;
                Some(EndedSession { session: session.clone(), ended_at, reason })
            })
            .collect();
        ended.sort_by_key(|ended| Reverse((ended.ended_at, ended.session.id)));
        ended.truncate(limit as usize);
        Ok(ended)
    }

    fn live(&mut self, profile_id: ProfileId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let live = self.state.sessions.iter().filter(|row| row.is_live(now)).map(|row| row.session.clone());
        let mut own: Vec<_> = live.filter(|session| session.profile_id == profile_id).collect();
        own.sort_by_key(|session| Reverse(session.id));
        Ok(own)
    }
}
