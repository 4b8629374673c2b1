use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::idempotency::{
    ContentDigest, IdempotencyKey, IdempotencyRepository, IdempotentRequest, Operation, RecordedRequest,
    RecordedStaffRequest,
};
use sihha_domain::ids::{ProfileId, StaffId};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::errors::inconsistent;
use super::schema::{idempotency_records as records, staff_requests};
use super::store_connection::StoreConnection;

/// The digest of the content, and the answer.
type RecordedRow = (Vec<u8>, Option<String>);

fn recorded((content, answer): RecordedRow) -> Result<RecordedRequest, StoreError> {
    Ok(RecordedRequest { content: digest(content, "idempotency_records")?, answer })
}

fn digest(content: Vec<u8>, table: &'static str) -> Result<ContentDigest, StoreError> {
    let content = content.try_into().map_err(|_| inconsistent(table, "content_digest"))?;
    Ok(ContentDigest::on_record(content))
}

/// The repository on a connection.
pub(super) struct PgIdempotency<'a>(pub(super) &'a mut StoreConnection);

impl IdempotencyRepository for PgIdempotency<'_> {
    fn record(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: Option<&str>,
    ) -> Result<(), StoreError> {
        let replaced = (
            records::content_digest.eq(&request.content.as_bytes()[..]),
            records::recorded_at.eq(at),
            records::answer.eq(answer),
        );
        let row = (
            records::profile_id.eq(owner.as_uuid()),
            records::operation.eq(operation.as_str()),
            records::key_digest.eq(&request.key.as_bytes()[..]),
            replaced,
        );
        let insert = diesel::insert_into(records::table)
            .values(row)
            .on_conflict((records::profile_id, records::operation, records::key_digest))
            .do_update()
            .set(replaced);
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn find(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError> {
        let query = records::table
            .filter(records::profile_id.eq(owner.as_uuid()))
            .filter(records::operation.eq(operation.as_str()))
            .filter(records::key_digest.eq(&key.as_bytes()[..]))
            .filter(records::recorded_at.ge(since))
            .select((records::content_digest, records::answer));
        self.0.run(|pg| query.first::<RecordedRow>(pg).optional())?.map(recorded).transpose()
    }

    fn find_by_key(
        &mut self,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError> {
        let query = records::table
            .filter(records::key_digest.eq(&key.as_bytes()[..]))
            .filter(records::operation.eq(operation.as_str()))
            .filter(records::recorded_at.ge(since))
            .order(records::recorded_at.desc())
            .select((records::content_digest, records::answer));
        self.0.run(|pg| query.first::<RecordedRow>(pg).optional())?.map(recorded).transpose()
    }

    fn record_of_staff(
        &mut self,
        member: StaffId,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: &[u8],
    ) -> Result<(), StoreError> {
        let replaced = (
            staff_requests::content_digest.eq(&request.content.as_bytes()[..]),
            staff_requests::recorded_at.eq(at),
            staff_requests::answer.eq(answer),
        );
        let row = (
            staff_requests::staff_id.eq(member.as_uuid()),
            staff_requests::key_digest.eq(&request.key.as_bytes()[..]),
            replaced,
        );
        let insert = diesel::insert_into(staff_requests::table)
            .values(row)
            .on_conflict((staff_requests::staff_id, staff_requests::key_digest))
            .do_update()
            .set(replaced);
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn find_of_staff(
        &mut self,
        member: StaffId,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedStaffRequest>, StoreError> {
        let query = staff_requests::table
            .filter(staff_requests::staff_id.eq(member.as_uuid()))
            .filter(staff_requests::key_digest.eq(&key.as_bytes()[..]))
            .filter(staff_requests::recorded_at.ge(since))
            .select((staff_requests::content_digest, staff_requests::answer));
        let found = self.0.run(|pg| query.first::<(Vec<u8>, Vec<u8>)>(pg).optional())?;
        let recorded = |(content, answer)| {
            Ok(RecordedStaffRequest { content: digest(content, "staff_requests")?, answer })
        };
        found.map(recorded).transpose()
    }

    /// Two plain statements for each table, which can be distributed. A record that another instance deletes
    /// meanwhile is counted there.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let oldest = records::table
            .filter(records::recorded_at.lt(moment))
            .order(records::recorded_at)
            .limit(i64::from(limit))
            .select(records::profile_id);
        let owners: Vec<Uuid> = self.0.run(|pg| oldest.load(pg))?;
        let old =
            records::table.filter(records::profile_id.eq_any(owners)).filter(records::recorded_at.lt(moment));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        let oldest = staff_requests::table
            .filter(staff_requests::recorded_at.lt(moment))
            .order(staff_requests::recorded_at)
            .limit(i64::from(limit))
            .select(staff_requests::staff_id);
        let members: Vec<Uuid> = self.0.run(|pg| oldest.load(pg))?;
        let old = staff_requests::table
            .filter(staff_requests::staff_id.eq_any(members))
            .filter(staff_requests::recorded_at.lt(moment));
        let deleted = deleted + self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}
