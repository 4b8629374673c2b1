use chrono::{DateTime, Utc};

use super::state::{RecordRow, StaffRecordRow, State};
use crate::idempotency::{
    IdempotencyKey, IdempotencyRepository, IdempotentRequest, Operation, RecordedRequest,
    RecordedStaffRequest,
};
use crate::ids::{ProfileId, StaffId};
use crate::store::StoreError;

pub(super) struct MemoryIdempotency<'a>(pub(super) &'a mut State);

impl IdempotencyRepository for MemoryIdempotency<'_> {
    fn record(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: Option<&str>,
    ) -> Result<(), StoreError> {
        self.0.records.retain(|row| !row.has_key(owner, operation, &request.key));
        let answer = answer.map(str::to_owned);
        self.0.records.push(RecordRow { owner, operation, request: request.clone(), at, answer });
        Ok(())
    }

    fn find(
        &mut self,
        owner: ProfileId,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError> {
        let mut rows = self.0.records.iter();
        let found = rows.find(|row| row.has_key(owner, operation, key) && row.at >= since);
        Ok(found.map(RecordRow::recorded))
    }

    fn find_by_key(
        &mut self,
        operation: Operation,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedRequest>, StoreError> {
        let rows = self.0.records.iter().filter(|row| row.at >= since);
        let found = rows.filter(|row| row.has_key(row.owner, operation, key)).max_by_key(|row| row.at);
        Ok(found.map(RecordRow::recorded))
    }

    fn record_of_staff(
        &mut self,
        member: StaffId,
        request: &IdempotentRequest,
        at: DateTime<Utc>,
        answer: &[u8],
    ) -> Result<(), StoreError> {
        self.0.staff_records.retain(|row| !row.has_key(member, &request.key));
        let (request, answer) = (request.clone(), answer.to_vec());
        self.0.staff_records.push(StaffRecordRow { member, request, at, answer });
        Ok(())
    }

    fn find_of_staff(
        &mut self,
        member: StaffId,
        key: &IdempotencyKey,
        since: DateTime<Utc>,
    ) -> Result<Option<RecordedStaffRequest>, StoreError> {
        let mut rows = self.0.staff_records.iter();
        let found = rows.find(|row| row.has_key(member, key) && row.at >= since);
        Ok(found.map(|row| RecordedStaffRequest { content: row.request.content, answer: row.answer.clone() }))
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = self.0.records.iter().filter(|row| row.at < moment);
        let owners: Vec<_> = old.map(|row| row.owner).take(limit as usize).collect();
        let old = self.0.staff_records.iter().filter(|row| row.at < moment);
        let members: Vec<_> = old.map(|row| row.member).take(limit as usize).collect();
        let before = self.0.records.len() + self.0.staff_records.len();
        self.0.records.retain(|row| row.at >= moment || !owners.contains(&row.owner));
        self.0.staff_records.retain(|row| row.at >= moment || !members.contains(&row.member));
        let after = self.0.records.len() + self.0.staff_records.len();
        Ok(u32::try_from(before - after).unwrap_or(u32::MAX))
    }
}
