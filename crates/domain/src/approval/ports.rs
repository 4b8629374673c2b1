use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Application, ApplicationEvent, ApprovalState};
use crate::account::{AccountRef, Role};
use crate::ids::{ProfileId, StaffId};
use crate::place::Wilaya;
use crate::store::StoreError;

/// Which applications to read. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Only applications in these states; in any state if there are none.
    pub states: Vec<ApprovalState>,
    /// Only applications for these roles; for any role if there are none.
    pub roles: Vec<Role>,
    /// Only applications in these wilayas; in any wilaya, and without one, if there are none.
    pub wilayas: Vec<Wilaya>,
    /// Only applications that this member of staff holds at that time.
    pub claimed_by: Option<(StaffId, DateTime<Utc>)>,
    /// Only applications that nobody holds at this time.
    pub free_at: Option<DateTime<Utc>>,
}

/// A position in the queue, which is ordered by submission and then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCursor {
    /// When the application before the position was submitted.
    pub submitted_at: DateTime<Utc>,
    /// Its account.
    pub id: ProfileId,
}

/// Figures about the review of applications.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewStats {
    /// When the oldest application was submitted that waits for a decision.
    pub oldest_pending_at: Option<DateTime<Utc>>,
    /// Median time from the submission to a decision, of the decisions in the period.
    pub median_to_decision: Option<TimeDelta>,
    /// Decisions on each day of the period that has any, in Algerian time.
    pub days: Vec<ReviewedDay>,
    /// Decisions of each member of staff in the period, the most first. Those at the terminal are not
    /// counted.
    pub reviewers: Vec<ReviewerCount>,
}

/// The decisions of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewedDay {
    /// The day, in Algerian time.
    pub date: NaiveDate,
    /// Number of approvals and accepted changes.
    pub approved: u64,
    /// Number of rejections and refused changes.
    pub rejected: u64,
    /// Number of requests for corrections.
    pub changes_requested: u64,
}

/// The decisions of a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewerCount {
    /// The member of staff.
    pub id: StaffId,
    /// Number of decisions.
    pub decided: u64,
}

/// Stores applications.
pub trait ApprovalRepository {
    /// Returns up to `limit` applications that match `filter` and come after `after`, in the order of
    /// submission and then of ids. MUST read a number of rows that does not depend on the number of
    /// applications.
    fn page(
        &mut self,
        filter: &QueueFilter,
        after: Option<QueueCursor>,
        limit: u32,
    ) -> Result<Vec<Application>, StoreError>;

    /// Returns the number of applications that match `filter`, by state.
    fn count(&mut self, filter: &QueueFilter) -> Result<BTreeMap<ApprovalState, u64>, StoreError>;

    /// Returns figures about the applications that match `filter`, and about decisions on them since
    /// `since`. A decision that was undone does not count.
    fn stats(&mut self, filter: &QueueFilter, since: DateTime<Utc>) -> Result<ReviewStats, StoreError>;

    /// Reads the applications of these accounts, in any order, without those that do not exist.
    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<Application>, StoreError>;

    /// Returns the application of that account, or `None`.
    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// Returns the same. MUST lock the account like
    /// [`AccountRepository::lock`](crate::account::AccountRepository::lock): the second of two
    /// simultaneous decisions sees the first.
    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// Writes everything about the application of a locked account except the account's profile and
    /// role details.
    fn save(&mut self, application: &Application) -> Result<(), StoreError>;

    /// Appends an event to the history of the application of `id`. Earlier events MUST stay.
    fn append(&mut self, id: ProfileId, event: &ApplicationEvent) -> Result<(), StoreError>;

    /// Returns the history of the application of `id`, oldest first.
    fn events(&mut self, id: ProfileId) -> Result<Vec<ApplicationEvent>, StoreError>;

    /// Returns up to `limit` accounts with a held decision that takes effect at `now` or before.
    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<ProfileId>, StoreError>;

    /// Returns up to `limit` accounts whose possible duplicates are not counted, the oldest submission
    /// first.
    fn uncounted(&mut self, limit: u32) -> Result<Vec<ProfileId>, StoreError>;

    /// Stores the number of possible duplicates, unless the application was submitted again after
    /// `submitted_at`, its last submission as far as the caller knows.
    fn set_possible_duplicates(
        &mut self,
        id: ProfileId,
        number: u32,
        submitted_at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
