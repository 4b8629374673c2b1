use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Application, ApprovalState, QueueCursor, QueueFilter, ReviewStats};
use crate::account::Role;
use crate::search::{SearchAccounts, SearchCursor, SearchFilter, SearchMatch, SearchQuery};
use crate::staff::{StaffCaller, StaffRole, intersection};
use crate::store::{Store, StoreError};

impl QueueCursor {
    /// Returns the position after `application`.
    #[must_use]
    pub const fn after(application: &Application) -> Self {
        Self { submitted_at: application.submitted_at, id: application.account.id }
    }
}

impl QueueFilter {
    /// Returns this filter for the applications that `caller` sees; `None` if these are none.
    #[must_use]
    pub fn within(&self, caller: &StaffCaller) -> Option<Self> {
        if caller.role == StaffRole::Admin {
            return Some(self.clone());
        }
        let roles = intersection(&self.roles, &caller.scope.applicant_roles)?;
        let wilayas = intersection(&self.wilayas, &caller.scope.wilayas)?;
        Some(Self { roles, wilayas, ..self.clone() })
    }

    /// Returns whether the application is in one of the states, and held and free as the filter wants.
    fn matches(&self, application: &Application) -> bool {
        let holder = |at| application.claim_at(at).map(|claim| &claim.by);
        (self.states.is_empty() || self.states.contains(&application.state))
            && self.claimed_by.is_none_or(|(staff, at)| holder(at).is_some_and(|by| by.id == Some(staff)))
            && self.free_at.is_none_or(|at| holder(at).is_none())
    }
}

/// Reads the queue of applications, for staff.
pub struct ReadQueue {
    /// Where applications are kept.
    pub store: Arc<dyn Store>,
}

impl ReadQueue {
    /// Returns up to `limit` applications that match `filter`, that `caller` sees and that come after
    /// `after`, the oldest submission first.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn page(
        &self,
        caller: &StaffCaller,
        filter: &QueueFilter,
        after: Option<QueueCursor>,
        limit: u32,
    ) -> Result<Vec<Application>, StoreError> {
        let Some(filter) = filter.within(caller) else { return Ok(Vec::new()) };
        self.store.autocommit()?.approvals().page(&filter, after, limit)
    }

    /// Returns the number of applications that match `filter` and that `caller` sees, by state. A
    /// state without applications is missing.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn counts(
        &self,
        caller: &StaffCaller,
        filter: &QueueFilter,
    ) -> Result<BTreeMap<ApprovalState, u64>, StoreError> {
        let Some(filter) = filter.within(caller) else { return Ok(BTreeMap::new()) };
        self.store.autocommit()?.approvals().count(&filter)
    }

    /// Returns figures about the applications that match `filter` and that `caller` sees, and about
    /// decisions on them since `since`.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn stats(
        &self,
        caller: &StaffCaller,
        filter: &QueueFilter,
        since: DateTime<Utc>,
    ) -> Result<ReviewStats, StoreError> {
        let Some(filter) = filter.within(caller) else { return Ok(ReviewStats::default()) };
        self.store.autocommit()?.approvals().stats(&filter, since)
    }

    /// Returns up to `limit` applications that match `query` and `filter` and that `caller` sees, best
    /// first, and the position of the next page, if there may be one.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn search(
        &self,
        caller: &StaffCaller,
        query: &SearchQuery,
        filter: &QueueFilter,
        after: Option<SearchCursor>,
        limit: u32,
    ) -> Result<(Vec<Application>, Option<SearchCursor>), StoreError> {
        let Some(filter) = filter.within(caller) else { return Ok((Vec::new(), None)) };
        let roles = if filter.roles.is_empty() {
            Role::ALL.into_iter().filter(|role| role.needs_approval()).collect()
        } else {
            filter.roles.clone()
        };
        let accounts = SearchFilter { roles, state: None, wilayas: filter.wilayas.clone() };
        let search = SearchAccounts { store: self.store.clone() };
        let matches = search.run(query, &accounts, after, limit)?;
        let next = matches.last().filter(|_| matches.len() >= limit as usize).map(SearchMatch::cursor);
        let ids: Vec<_> = matches.iter().map(|found| found.found.account.id).collect();
        let mut applications = self.store.autocommit()?.approvals().read(&ids)?;
        applications.retain(|application| filter.matches(application));
        let position = |application: &Application| ids.iter().position(|id| *id == application.account.id);
        applications.sort_by_key(position);
        Ok((applications, next))
    }
}
