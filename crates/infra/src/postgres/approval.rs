mod events;
mod facts;
mod params;
mod queue;
mod rows;
mod stats;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::account::AccountRef;
use sihha_domain::approval::{
    Application, ApplicationEvent, ApprovalRepository, ApprovalState, QueueCursor, QueueFilter, ReviewStats,
};
use sihha_domain::ids::ProfileId;
use sihha_domain::store::StoreError;
use uuid::Uuid;

pub(super) use self::rows::{ApplicationRow, ApprovalRow, InForceRow};

use self::events::EventRow;
use super::account::PgAccounts;
use super::account_ref::{find_id, lock_id};
use super::errors::inconsistent;
use super::schema::{application_events, approvals};
use super::store_connection::StoreConnection;

/// The repository on a connection.
pub(super) struct PgApprovals<'a>(pub(super) &'a mut StoreConnection);

impl ApprovalRepository for PgApprovals<'_> {
    fn page(
        &mut self,
        filter: &QueueFilter,
        after: Option<QueueCursor>,
        limit: u32,
    ) -> Result<Vec<Application>, StoreError> {
        let ids = self.0.run(|pg| queue::page(pg, filter, after, limit))?;
        let found = self.load(&ids)?;
        let mut found: HashMap<_, _> =
            found.into_iter().map(|application| (application.account.id.as_uuid(), application)).collect();
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    fn count(&mut self, filter: &QueueFilter) -> Result<BTreeMap<ApprovalState, u64>, StoreError> {
        let counts = self.0.run(|pg| queue::count(pg, filter))?;
        let count = |(state, number): (Option<String>, i64)| {
            let state = state.as_deref().and_then(ApprovalState::parse);
            let state = state.ok_or_else(|| inconsistent("approvals", "application_state"))?;
            Ok((state, u64::try_from(number).unwrap_or(0)))
        };
        counts.into_iter().map(count).collect()
    }

    fn stats(&mut self, filter: &QueueFilter, since: DateTime<Utc>) -> Result<ReviewStats, StoreError> {
        stats::read(self.0, filter, since)
    }

    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<Application>, StoreError> {
        self.load(&ids.iter().map(ProfileId::as_uuid).collect::<Vec<_>>())
    }

    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        let Some(id) = find_id(self.0, account)? else { return Ok(None) };
        Ok(self.load(&[id.as_uuid()])?.pop())
    }

    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        // The lock comes first: a row that is read in the same query could be older than the lock.
        let Some(id) = lock_id(self.0, account)? else { return Ok(None) };
        Ok(self.load(&[id.as_uuid()])?.pop())
    }

    fn save(&mut self, application: &Application) -> Result<(), StoreError> {
        let Some(approval) = ApprovalRow::of(&application.account) else { return Ok(()) };
        let update = diesel::update(approvals::table.find(application.account.id.as_uuid()))
            .set((approval, ApplicationRow::new(application)));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn append(&mut self, id: ProfileId, event: &ApplicationEvent) -> Result<(), StoreError> {
        let insert = diesel::insert_into(application_events::table).values(EventRow::new(id, event));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn events(&mut self, id: ProfileId) -> Result<Vec<ApplicationEvent>, StoreError> {
        let query = application_events::table
            .filter(application_events::profile_id.eq(id.as_uuid()))
            .order((application_events::at, application_events::id))
            .select(EventRow::as_select());
        let rows = self.0.run(|pg| query.load(pg))?;
        Ok(rows.into_iter().filter_map(EventRow::event).collect())
    }

    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<ProfileId>, StoreError> {
        let query = approvals::table
            .filter(approvals::effective_at.le(now))
            .order(approvals::effective_at)
            .limit(i64::from(limit))
            .select(approvals::profile_id);
        let ids: Vec<Uuid> = self.0.run(|pg| query.load(pg))?;
        Ok(ids.into_iter().map(ProfileId::from_uuid).collect())
    }

    fn uncounted(&mut self, limit: u32) -> Result<Vec<ProfileId>, StoreError> {
        let query = approvals::table
            .filter(approvals::possible_duplicates.is_null())
            .order((approvals::submitted_at, approvals::profile_id))
            .limit(i64::from(limit))
            .select(approvals::profile_id);
        let ids: Vec<Uuid> = self.0.run(|pg| query.load(pg))?;
        Ok(ids.into_iter().map(ProfileId::from_uuid).collect())
    }

    fn set_possible_duplicates(
        &mut self,
        id: ProfileId,
        number: u32,
        submitted_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let is_known = approvals::resubmitted_at.is_null().or(approvals::resubmitted_at.le(submitted_at));
        let row = approvals::table
            .filter(approvals::profile_id.eq(id.as_uuid()))
            .filter(approvals::submitted_at.le(submitted_at))
            .filter(is_known);
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let update = diesel::update(row).set(approvals::possible_duplicates.eq(number));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }
}

impl PgApprovals<'_> {
    /// Returns the applications with these ids, in any order.
    fn load(&mut self, ids: &[Uuid]) -> Result<Vec<Application>, StoreError> {
        let query = approvals::table
            .filter(approvals::profile_id.eq_any(ids))
            .select((approvals::profile_id, ApplicationRow::as_select()));
        let rows: Vec<(Uuid, ApplicationRow)> = self.0.run(|pg| query.load(pg))?;
        let mut rows: HashMap<_, _> = rows.into_iter().collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let known: Vec<Uuid> = rows.keys().copied().collect();
        let accounts = PgAccounts(self.0).load(&known)?.into_iter();
        let with_row = accounts.filter_map(|account| Some((rows.remove(&account.id.as_uuid())?, account)));
        with_row.map(|(row, account)| row.application(account)).collect()
    }
}
