use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::state::{AccountRow, SessionRow, State};
use crate::approval::{Approval, ApprovalState};
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::session::{
    EndReason, EndedSession, LockedAccount, Rotation, RotationOutcome, Session, SessionRepository, TokenGrant,
};
use crate::store::{BatchResults, StoreError};

pub(super) struct MemorySessions<'a>(pub(super) &'a mut State);

impl MemorySessions<'_> {
    fn remove(&mut self, limit: u32, is_purged: impl Fn(&SessionRow) -> bool) -> u32 {
        let mut removed = 0;
        self.0.sessions.retain(|row| {
            let kept = removed == limit || !is_purged(row);
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
    ) -> RotationOutcome {
        let Rotation { profile_id, session, presented, successor, expires_at } = *rotation;
        let Some(row) = self.live_row(profile_id, session, now) else { return RotationOutcome::NotLive };
        let is_restored = std::mem::take(&mut row.is_restored);
        if row.current == presented || is_restored {
            row.previous = Some(presented);
            row.current = successor;
            row.session.used_at = now;
            row.session.expires_at = expires_at.min(row.session.ends_at);
        } else if row.previous != Some(presented) || row.session.used_at <= grace_since {
            row.ended = Some((now, EndReason::TokenReused));
            return RotationOutcome::Reused;
        }
        let Session { used_at, expires_at, .. } = row.session;
        let granted = |row: &AccountRow| TokenGrant {
            profile_id,
            role: row.account.role(),
            is_approved: row.account.is_approved(),
            is_email_verified: row.account.email_verified_at.is_some(),
            used_at,
            expires_at,
        };
        self.0.account(profile_id).map(granted).map_or(RotationOutcome::NotLive, RotationOutcome::Rotated)
    }

    /// Returns the session if it is live and belongs to the account.
    fn live_row(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Option<&mut SessionRow> {
        let own = |row: &&mut SessionRow| row.session.id == id && row.session.profile_id == profile_id;
        self.0.sessions.iter_mut().find(|row| own(row) && row.is_live(now))
    }
}

impl SessionRepository for MemorySessions<'_> {
    fn insert_unless_revoked(
        &mut self,
        session: &Session,
        current: &TokenDigest,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let unchanged =
            self.0.account(session.profile_id).is_some_and(|row| row.sessions_not_before == not_before);
        if unchanged {
            self.0.add_session(session, current);
        }
        Ok(unchanged)
    }

    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<bool, StoreError> {
        let known = self.0.sessions.iter().any(|row| row.session.id == session.id);
        if !known {
            self.0.add_session(session, current);
        }
        Ok(!known)
    }

    fn revoke_oldest(
        &mut self,
        profile_id: ProfileId,
        newest: SessionId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let max = Session::MAX_PER_ACCOUNT;
        let kept = self.ended(profile_id, DateTime::<Utc>::MIN_UTC, max)?;
        self.0.sessions.retain(|row| {
            let own = row.session.profile_id == profile_id && row.ended.is_some();
            !own || kept.iter().any(|ended| ended.session.id == row.session.id)
        });
        let live = self.live(profile_id, at, u32::MAX)?;
        let others = live.iter().filter(|session| session.id != newest);
        for Session { id, .. } in others.skip(max as usize - 1) {
            self.revoke(profile_id, *id, at, EndReason::TooManySessions)?;
        }
        Ok(())
    }

    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<LockedAccount>, StoreError> {
        Ok(self.0.account(id).map(|row| LockedAccount {
            role: row.account.role(),
            is_rejected: row.account.approval.as_ref().map(Approval::state) == Some(ApprovalState::Rejected),
            is_suspended: row.is_suspended(),
            not_before: row.sessions_not_before,
        }))
    }

    fn mark_restored(
        &mut self,
        moment: DateTime<Utc>,
        after: Option<(ProfileId, SessionId)>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ProfileId, SessionId)>, StoreError> {
        let wanted = |row: &&mut SessionRow| {
            row.is_live(now) && row.session.opened_at < moment && Some(row.key()) > after
        };
        let mut rows: Vec<_> = self.0.sessions.iter_mut().filter(wanted).collect();
        rows.sort_by_key(|row| row.key());
        rows.truncate(limit as usize);
        Ok(rows
            .into_iter()
            .map(|row| {
                row.is_restored = true;
                row.key()
            })
            .collect())
    }

    fn rotate(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<BatchResults<RotationOutcome>, StoreError> {
        let mut rotate = |one: &Rotation| (one.session, Ok(self.rotate_one(one, now, grace_since)));
        let results: Vec<_> = rotations.iter().map(&mut rotate).collect();
        Ok(results.into_iter().filter(|(session, _)| self.0.is_returned(*session)).collect())
    }

    fn revoke(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<bool, StoreError> {
        let found = self.live_row(profile_id, id, at);
        Ok(found.map(|row| row.ended = Some((at, reason))).is_some())
    }

    fn revoke_as(
        &mut self,
        profile_id: ProfileId,
        caller: SessionId,
        id: SessionId,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let is_live = self.live_row(profile_id, caller, at).is_some();
        if is_live { self.revoke(profile_id, id, at, EndReason::EndedByOwner) } else { Ok(false) }
    }

    fn revoke_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        if let Some(row) = self.0.account_mut(profile_id) {
            row.sessions_not_before = Some(at);
        }
        let mut count = 0;
        for row in self.0.sessions.iter_mut().filter(|row| row.is_live(at)) {
            if row.session.profile_id == profile_id && Some(row.session.id) != except {
                row.ended = Some((at, reason));
                count += 1;
            }
        }
        Ok(count)
    }

    fn lock_purge(&mut self) -> Result<bool, StoreError> {
        // No other transaction runs at the same time.
        Ok(true)
    }

    fn purge_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let expired = |row: &SessionRow| row.session.expires_at.date_naive() < now.date_naive();
        Ok(self.remove(limit, |row| row.ended.is_none() && expired(row)))
    }

    fn purge_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.remove(limit, |row| row.ended.is_some_and(|(at, _)| at < moment)))
    }

    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let rows = self.0.sessions.iter().filter(|row| row.session.profile_id == profile_id);
        let mut ended: Vec<_> = rows
            .filter_map(|SessionRow { session, ended, .. }| {
                let (ended_at, reason) = ended.filter(|(at, _)| *at >= since)?;
                Some(EndedSession { session: session.clone(), ended_at, reason: reason.into() })
            })
            .collect();
        ended.sort_by_key(|ended| Reverse((ended.ended_at, ended.session.id)));
        ended.truncate(limit as usize);
        Ok(ended)
    }

    fn find_live(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        Ok(self.live_row(profile_id, id, now).map(|row| row.session.clone()))
    }

    fn is_newest(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        token: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = self.live_row(profile_id, id, now);
        Ok(row.is_some_and(|row| row.is_restored || row.current == *token))
    }

    fn live(
        &mut self,
        profile_id: ProfileId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let live = self.0.sessions.iter().filter(|row| row.is_live(now)).map(|row| row.session.clone());
        let mut own: Vec<_> = live.filter(|session| session.profile_id == profile_id).collect();
        own.sort_by_key(|session| Reverse((session.opened_at, session.id)));
        own.truncate(limit as usize);
        Ok(own)
    }
}
