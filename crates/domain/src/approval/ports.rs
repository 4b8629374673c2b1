use chrono::{DateTime, Utc};

use super::{Approval, ApprovalState};
use crate::account::{AccountRef, EmailAddress, Role};
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;

/// An account that needs, or needed, a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Whose.
    pub id: ProfileId,
    /// The role applied for.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// First and last name of a person, or an organisation's name.
    pub name: String,
    /// When the account was registered.
    pub registered_at: DateTime<Utc>,
    /// Where it stands.
    pub approval: Approval,
}

/// Which applications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationFilter {
    /// Of this role only.
    pub role: Option<Role>,
    /// In this state only.
    pub state: Option<ApprovalState>,
    /// At most so many.
    pub limit: u32,
}

/// Keeps approvals.
pub trait ApprovalRepository {
    /// The applications that match, in the order of their registration and then of their ids.
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError>;

    /// How many match, whatever the limit.
    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError>;

    /// The application of that account, or `None` if there is none.
    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// The same, but MUST lock the account as
    /// [`AccountRepository::lock`](crate::account::AccountRepository::lock) does: of two decisions at the same moment
    /// the second sees the first.
    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// Writes where the application of `id` stands now.
    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError>;

    /// Appends a decision on the application of `id`. What was appended before MUST stay.
    fn append(&mut self, id: ProfileId, record: RecordId, decided: &Approval) -> Result<(), StoreError>;

    /// The decisions on the application of `id` that were appended, the first one first.
    fn decisions(&mut self, id: ProfileId) -> Result<Vec<Approval>, StoreError>;
}
