use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::state::{AccountRow, State};
use crate::account::AccountRef;
use crate::approval::{
    Application, ApplicationEvent, ApplicationEventKind, ApprovalRepository, ApprovalState, QueueCursor,
    QueueFilter, ReviewStats, ReviewedDay, ReviewerCount,
};
use crate::clock::date_in_algeria;
use crate::ids::{ProfileId, StaffId};
use crate::place::Place;
use crate::store::StoreError;

pub(super) struct MemoryApprovals<'a>(pub(super) &'a mut State);

impl ApprovalRepository for MemoryApprovals<'_> {
    fn page(
        &mut self,
        filter: &QueueFilter,
        after: Option<QueueCursor>,
        limit: u32,
    ) -> Result<Vec<Application>, StoreError> {
        let place = |cursor: QueueCursor| (cursor.submitted_at, cursor.id);
        let mut found: Vec<_> = self.matching(filter).filter_map(AccountRow::application).collect();
        found.retain(|found| after.is_none_or(|after| place(QueueCursor::after(found)) > place(after)));
        found.sort_by_key(|found| place(QueueCursor::after(found)));
        found.truncate(limit as usize);
        Ok(found)
    }

    fn count(&mut self, filter: &QueueFilter) -> Result<BTreeMap<ApprovalState, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for application in self.matching(filter).filter_map(AccountRow::application) {
            *counts.entry(application.state).or_default() += 1;
        }
        Ok(counts)
    }

    fn stats(&mut self, filter: &QueueFilter, since: DateTime<Utc>) -> Result<ReviewStats, StoreError> {
        let waits = |found: &Application| {
            matches!(found.state, ApprovalState::Pending | ApprovalState::ChangesPending)
        };
        let waiting = self.matching(filter).filter_map(AccountRow::application).filter(waits);
        let oldest_pending_at = waiting.map(|found| found.submitted_at).min();
        let decisions: Vec<_> = self.matching(filter).flat_map(decisions).collect();
        let recent: Vec<_> = decisions.into_iter().filter(|(event, _)| event.at >= since).collect();
        let mut times: Vec<_> = recent.iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        Ok(ReviewStats {
            oldest_pending_at,
            median_to_decision: times.get(times.len() / 2).copied(),
            days: days(&recent),
            reviewers: reviewers(&recent),
        })
    }

    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<Application>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.0.account(*id)?.application()).collect())
    }

    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        Ok(self.0.by_ref(account).and_then(AccountRow::application))
    }

    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        self.find(account)
    }

    fn save(&mut self, application: &Application) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(application.account.id) {
            row.account.approval.clone_from(&application.account.approval);
            row.account.pending_changes.clone_from(&application.account.pending_changes);
            row.account.submitted_at = application.last_submitted_at();
            row.application = Some(application.clone());
        }
        Ok(())
    }

    fn append(&mut self, id: ProfileId, event: &ApplicationEvent) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(id) {
            row.events.push(event.clone());
        }
        Ok(())
    }

    fn events(&mut self, id: ProfileId) -> Result<Vec<ApplicationEvent>, StoreError> {
        Ok(self.0.account(id).map(|row| row.events.clone()).unwrap_or_default())
    }

    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<ProfileId>, StoreError> {
        let is_due = |found: &Application| found.effective_at.is_some_and(|at| at <= now);
        let found = self.0.accounts.iter().filter_map(AccountRow::application).filter(is_due);
        Ok(found.map(|found| found.account.id).take(limit as usize).collect())
    }

    fn uncounted(&mut self, limit: u32) -> Result<Vec<ProfileId>, StoreError> {
        let all = self.page(&QueueFilter::default(), None, u32::MAX)?;
        let uncounted = all.into_iter().filter(|found| found.possible_duplicates.is_none());
        Ok(uncounted.map(|found| found.account.id).take(limit as usize).collect())
    }

    fn set_possible_duplicates(
        &mut self,
        id: ProfileId,
        number: u32,
        submitted_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let application = self.0.account_mut(id).and_then(|row| row.application.as_mut());
        if let Some(application) = application.filter(|found| found.last_submitted_at() <= submitted_at) {
            application.possible_duplicates = Some(number);
        }
        Ok(())
    }
}

impl MemoryApprovals<'_> {
    fn matching(&self, filter: &QueueFilter) -> impl Iterator<Item = &AccountRow> {
        let is_wanted =
            |row: &&AccountRow| row.application().is_some_and(|application| matches(filter, &application));
        self.0.accounts.iter().filter(is_wanted)
    }
}

fn matches(filter: &QueueFilter, application: &Application) -> bool {
    let account = &application.account;
    let wilaya = account.profile.place.as_ref().map(Place::wilaya);
    let is_held_by = |(id, at): (StaffId, DateTime<Utc>)| {
        application.claim_at(at).is_some_and(|claim| claim.by.id == Some(id))
    };
    (filter.states.is_empty() || filter.states.contains(&application.state))
        && (filter.roles.is_empty() || filter.roles.contains(&account.role()))
        && (filter.wilayas.is_empty() || wilaya.is_some_and(|wilaya| filter.wilayas.contains(wilaya)))
        && filter.claimed_by.is_none_or(is_held_by)
        && filter.free_at.is_none_or(|at| application.claim_at(at).is_none())
}

/// Returns the decisions that were not undone, with the time since the submission before.
fn decisions(row: &AccountRow) -> Vec<(ApplicationEvent, TimeDelta)> {
    let mut submitted_at = row.account.registered_at;
    let mut decisions = Vec::new();
    for event in &row.events {
        match event.kind {
            ApplicationEventKind::Resubmitted | ApplicationEventKind::ChangesSubmitted => {
                submitted_at = event.at;
            }
            ApplicationEventKind::Undone => drop(decisions.pop()),
            ApplicationEventKind::TakenOver { .. } => {}
            _ => decisions.push((event.clone(), event.at - submitted_at)),
        }
    }
    decisions.retain(|(event, _)| !matches!(event.kind, ApplicationEventKind::Reopened { .. }));
    decisions
}

fn days(decisions: &[(ApplicationEvent, TimeDelta)]) -> Vec<ReviewedDay> {
    let mut days = BTreeMap::new();
    for (event, _) in decisions {
        let date = date_in_algeria(event.at);
        let day =
            days.entry(date).or_insert(ReviewedDay { date, approved: 0, rejected: 0, changes_requested: 0 });
        match event.kind {
            ApplicationEventKind::Approved { .. } | ApplicationEventKind::ChangesAccepted { .. } => {
                day.approved += 1;
            }
            ApplicationEventKind::ChangesRequested { .. } => day.changes_requested += 1,
            _ => day.rejected += 1,
        }
    }
    days.into_values().collect()
}

fn reviewers(decisions: &[(ApplicationEvent, TimeDelta)]) -> Vec<ReviewerCount> {
    let mut counts: BTreeMap<StaffId, u64> = BTreeMap::new();
    for id in decisions.iter().filter_map(|(event, _)| event.by.as_ref()?.id) {
        *counts.entry(id).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(id, decided)| ReviewerCount { id, decided }).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.decided));
    counts
}
