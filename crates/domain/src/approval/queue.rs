use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Application, ApprovalState, QueueCursor, QueueFilter, ReviewStats};
use crate::staff::{StaffCaller, StaffRole};
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
}

/// Returns what both lists have; an empty list means everything. `None` if they have nothing in common.
fn intersection<T: Clone + PartialEq>(wanted: &[T], seen: &[T]) -> Option<Vec<T>> {
    match (wanted, seen) {
        ([], list) | (list, []) => Some(list.to_vec()),
        _ => {
            let both: Vec<T> = wanted.iter().filter(|one| seen.contains(one)).cloned().collect();
            (!both.is_empty()).then_some(both)
        }
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
}
