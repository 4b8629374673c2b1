use chrono::{DateTime, Utc};

use super::state::{StaffRow, StaffSessionRow, State};
use crate::account::EmailAddress;
use crate::ids::{SessionId, StaffId, TokenDigest};
use crate::password::PasswordHash;
use crate::staff::{
    RecoveryDigest, StaffCredentials, StaffEndReason, StaffMember, StaffRef, StaffRepository, StaffRotation,
    StaffRotationOutcome, StaffSession, StaffSessionRepository, StoredSecondFactor,
};
use crate::store::StoreError;

pub(super) struct MemoryStaff<'a>(pub(super) &'a mut State);

impl MemoryStaff<'_> {
    fn row(&mut self, id: StaffId) -> Option<&mut StaffRow> {
        self.0.staff.iter_mut().find(|row| row.member.id == id)
    }
}

impl StaffRepository for MemoryStaff<'_> {
    fn insert(
        &mut self,
        member: &StaffMember,
        password: &PasswordHash,
        second_factor: &StoredSecondFactor,
    ) -> Result<bool, StoreError> {
        if self.find(&StaffRef::Email(member.email.clone()))?.is_some() {
            return Ok(false);
        }
        let (member, password) = (member.clone(), password.clone());
        let mut row = StaffRow {
            member,
            password,
            sealed_secret: Vec::new(),
            used_step: None,
            recovery_codes: Vec::new(),
        };
        row.set_second_factor(second_factor);
        self.0.staff.push(row);
        self.0.staff.sort_by_key(|row| row.member.id);
        Ok(true)
    }

    fn find(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError> {
        let is_it = |row: &&StaffRow| match member {
            StaffRef::Id(id) => row.member.id == *id,
            StaffRef::Email(email) => row.member.email == *email,
        };
        Ok(self.0.staff.iter().find(is_it).map(|row| row.member.clone()))
    }

    fn lock(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError> {
        self.find(member)
    }

    fn page(&mut self, after: Option<StaffId>, limit: u32) -> Result<Vec<StaffMember>, StoreError> {
        let members = self.0.staff.iter().map(|row| &row.member);
        let later = members.filter(|member| after.is_none_or(|after| member.id > after));
        Ok(later.take(limit as usize).cloned().collect())
    }

    fn enabled_admins(&mut self) -> Result<Vec<StaffId>, StoreError> {
        let admins = self.0.staff.iter().filter(|row| row.member.is_enabled_admin());
        Ok(admins.map(|row| row.member.id).collect())
    }

    fn update(&mut self, member: &StaffMember) -> Result<(), StoreError> {
        if let Some(row) = self.row(member.id) {
            row.member = StaffMember {
                email: row.member.email.clone(),
                created_at: row.member.created_at,
                last_login_at: row.member.last_login_at,
                ..member.clone()
            };
        }
        Ok(())
    }

    fn credentials(&mut self, email: &EmailAddress) -> Result<Option<StaffCredentials>, StoreError> {
        Ok(self.0.staff.iter().find(|row| row.member.email == *email).map(StaffRow::credentials))
    }

    fn lock_credentials(&mut self, id: StaffId) -> Result<Option<StaffCredentials>, StoreError> {
        Ok(self.row(id).map(|row| row.credentials()))
    }

    fn set_password(&mut self, id: StaffId, new: &PasswordHash) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.password = new.clone();
        }
        Ok(())
    }

    fn set_second_factor(&mut self, id: StaffId, new: &StoredSecondFactor) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.set_second_factor(new);
        }
        Ok(())
    }

    fn use_step(&mut self, id: StaffId, step: i64) -> Result<bool, StoreError> {
        let row = self.row(id).filter(|row| row.used_step.is_none_or(|used| used < step));
        Ok(row.map(|row| row.used_step = Some(step)).is_some())
    }

    fn use_recovery_code(
        &mut self,
        id: StaffId,
        code: &RecoveryDigest,
        _: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(row) = self.row(id) else { return Ok(false) };
        let number = row.recovery_codes.len();
        row.recovery_codes.retain(|unused| unused != code);
        Ok(row.recovery_codes.len() < number)
    }

    fn note_login(&mut self, id: StaffId, at: DateTime<Utc>) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.member.last_login_at = Some(at);
        }
        Ok(())
    }
}

pub(super) struct MemoryStaffSessions<'a>(pub(super) &'a mut State);

impl MemoryStaffSessions<'_> {
    fn live(&mut self, staff_id: StaffId, now: DateTime<Utc>) -> impl Iterator<Item = &mut StaffSessionRow> {
        let is_live = move |row: &&mut StaffSessionRow| {
            row.session.staff_id == staff_id && row.end.is_none() && row.session.expires_at > now
        };
        self.0.staff_sessions.iter_mut().filter(is_live)
    }

    fn find(&mut self, staff_id: StaffId, id: SessionId, now: DateTime<Utc>) -> Option<&mut StaffSessionRow> {
        self.live(staff_id, now).find(|row| row.session.id == id)
    }
}

impl StaffSessionRepository for MemoryStaffSessions<'_> {
    fn insert(&mut self, session: &StaffSession, current: &TokenDigest) -> Result<(), StoreError> {
        let session = session.clone();
        self.0.staff_sessions.push(StaffSessionRow { session, current: *current, previous: None, end: None });
        Ok(())
    }

    fn member(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<StaffMember>, StoreError> {
        if self.find(staff_id, id, now).is_none() {
            return Ok(None);
        }
        MemoryStaff(self.0).find(&StaffRef::Id(staff_id))
    }

    fn rotate(
        &mut self,
        rotation: &StaffRotation,
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<StaffRotationOutcome, StoreError> {
        let StaffRotation { staff_id, session, presented, successor, expires_at } = *rotation;
        let Some(row) = self.find(staff_id, session, now) else { return Ok(StaffRotationOutcome::NotLive) };
        if row.current == presented {
            row.previous = Some(presented);
            row.current = successor;
            row.session.used_at = now;
            row.session.expires_at = expires_at.min(row.session.ends_at);
        } else if row.previous != Some(presented) || row.session.used_at <= grace_since {
            row.end = Some((now, StaffEndReason::TokenReused));
            return Ok(StaffRotationOutcome::Reused);
        }
        let StaffSession { used_at, expires_at, .. } = row.session;
        Ok(StaffRotationOutcome::Rotated { used_at, expires_at })
    }

    fn revoke(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<bool, StoreError> {
        Ok(self.find(staff_id, id, at).map(|row| row.end = Some((at, reason))).is_some())
    }

    fn revoke_all(
        &mut self,
        staff_id: StaffId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<u64, StoreError> {
        Ok(self.live(staff_id, at).map(|row| row.end = Some((at, reason))).count() as u64)
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let mut purged = 0;
        self.0.staff_sessions.retain(|row| {
            let kept = purged == limit || row.session.expires_at >= moment;
            purged += u32::from(!kept);
            kept
        });
        Ok(purged)
    }
}
