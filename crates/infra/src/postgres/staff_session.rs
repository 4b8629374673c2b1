use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::ids::{SessionId, StaffId, TokenDigest};
use sihha_domain::session::ClientInfo;
use sihha_domain::staff::{
    StaffEndReason, StaffMember, StaffRotation, StaffRotationOutcome, StaffSession, StaffSessionRepository,
};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::schema::{staff, staff_sessions};
use super::staff::StaffRow;
use super::store_connection::StoreConnection;

/// Returns the condition that a row is a live session of the member.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_live(staff_id: StaffId, now: DateTime<Utc>) -> _ {
    let staff_id: Uuid = staff_id.as_uuid();
    staff_sessions::staff_id
        .eq(staff_id)
        .and(staff_sessions::ended_at.is_null())
        .and(staff_sessions::expires_at.gt(now))
}

/// The repository on a connection.
pub(super) struct PgStaffSessions<'a>(pub(super) &'a mut StoreConnection);

impl StaffSessionRepository for PgStaffSessions<'_> {
    fn insert(&mut self, session: &StaffSession, current: &TokenDigest) -> Result<(), StoreError> {
        let ClientInfo { address, user_agent } = &session.client;
        let row = (
            staff_sessions::staff_id.eq(session.staff_id.as_uuid()),
            staff_sessions::id.eq(session.id.as_uuid()),
            staff_sessions::current_token.eq(current.as_bytes().as_slice()),
            staff_sessions::opened_at.eq(session.opened_at),
            staff_sessions::used_at.eq(session.used_at),
            staff_sessions::expires_at.eq(session.expires_at),
            staff_sessions::ends_at.eq(session.ends_at),
            staff_sessions::address.eq(address.as_ref().map(|address| address.as_str().to_owned())),
            staff_sessions::user_agent.eq(user_agent.as_ref().map(|agent| agent.as_str().to_owned())),
        );
        self.0.run(|pg| diesel::insert_into(staff_sessions::table).values(row).execute(pg)).map(|_| ())
    }

    fn member(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<StaffMember>, StoreError> {
        let query = staff::table
            .inner_join(staff_sessions::table)
            .filter(staff::id.eq(staff_id.as_uuid()))
            .filter(staff_sessions::id.eq(id.as_uuid()))
            .filter(is_live(staff_id, now))
            .select(StaffRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(StaffRow::member).transpose()
    }

    /// Up to three statements, each atomic. Of simultaneous uses of the newest token, one replaces it.
    /// The others wait for the row's lock, do not find it any more, and find it as the token before.
    fn rotate(
        &mut self,
        rotation: &StaffRotation,
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<StaffRotationOutcome, StoreError> {
        let StaffRotation { staff_id, session, .. } = *rotation;
        let (presented, successor) = (rotation.presented.as_bytes(), rotation.successor.as_bytes());
        let live = || {
            staff_sessions::table
                .filter(staff_sessions::id.eq(session.as_uuid()))
                .filter(is_live(staff_id, now))
        };
        let times = (staff_sessions::used_at, staff_sessions::expires_at);
        let rotated = |(used_at, expires_at)| StaffRotationOutcome::Rotated { used_at, expires_at };

        let replace = diesel::update(live().filter(staff_sessions::current_token.eq(presented.as_slice())))
            .set((
                staff_sessions::current_token.eq(successor.as_slice()),
                staff_sessions::previous_token.eq(presented.as_slice()),
                staff_sessions::used_at.eq(now),
                staff_sessions::expires_at.eq(least(rotation.expires_at, staff_sessions::ends_at)),
            ))
            .returning(times);
        if let Some(times) = self.0.run(|pg| replace.get_result(pg).optional())? {
            return Ok(rotated(times));
        }
        let in_grace = live()
            .filter(staff_sessions::previous_token.eq(presented.as_slice()))
            .filter(staff_sessions::used_at.gt(grace_since))
            .select(times);
        if let Some(times) = self.0.run(|pg| in_grace.first(pg).optional())? {
            return Ok(rotated(times));
        }
        let is_revoked = self.revoke(staff_id, session, now, StaffEndReason::TokenReused)?;
        Ok(if is_revoked { StaffRotationOutcome::Reused } else { StaffRotationOutcome::NotLive })
    }

    fn revoke(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<bool, StoreError> {
        let row =
            staff_sessions::table.filter(staff_sessions::id.eq(id.as_uuid())).filter(is_live(staff_id, at));
        let end = (staff_sessions::ended_at.eq(at), staff_sessions::end_reason.eq(reason.as_str()));
        Ok(self.0.run(|pg| diesel::update(row).set(end).execute(pg))? == 1)
    }

    fn revoke_all(
        &mut self,
        staff_id: StaffId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<u64, StoreError> {
        let rows = staff_sessions::table.filter(is_live(staff_id, at));
        let end = (staff_sessions::ended_at.eq(at), staff_sessions::end_reason.eq(reason.as_str()));
        let revoked = self.0.run(|pg| diesel::update(rows).set(end).execute(pg))?;
        Ok(u64::try_from(revoked).unwrap_or(u64::MAX))
    }

    /// Two plain statements, which can be distributed.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let oldest = staff_sessions::table
            .filter(staff_sessions::expires_at.lt(moment))
            .order(staff_sessions::expires_at)
            .limit(i64::from(limit))
            .select((staff_sessions::staff_id, staff_sessions::id));
        let oldest: Vec<(Uuid, Uuid)> = self.0.run(|pg| oldest.load(pg))?;
        if oldest.is_empty() {
            return Ok(0);
        }
        let (owners, ids): (Vec<_>, Vec<_>) = oldest.into_iter().unzip();
        let rows = staff_sessions::table
            .filter(staff_sessions::staff_id.eq_any(owners))
            .filter(staff_sessions::id.eq_any(ids));
        let deleted = self.0.run(|pg| diesel::delete(rows).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Returns the lesser of two times.
    fn least(
        one: diesel::sql_types::Timestamptz,
        other: diesel::sql_types::Timestamptz,
    ) -> diesel::sql_types::Timestamptz;
}
