use chrono::{DateTime, Utc};

use super::{Approval, ApprovalState};
use crate::account::{AccountRef, EmailAddress, Role};
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;

/// An application: an account whose role needs an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The account's id.
    pub id: ProfileId,
    /// The role applied for.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// First and last name of a person, or an organisation's name.
    pub name: String,
    /// When the account was registered.
    pub registered_at: DateTime<Utc>,
    /// Its state.
    pub approval: Approval,
}

/// Which applications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationFilter {
    /// Only applications of this role.
    pub role: Option<Role>,
    /// Only applications in this state.
    pub state: Option<ApprovalState>,
    /// Maximum number of applications.
    pub limit: u32,
}

/// Stores approvals.
pub trait ApprovalRepository {
    /// Returns the applications that match, in the order of registration and then of ids.
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError>;

    /// Returns the number of applications that match, without the limit.
    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError>;

    /// Returns the application of that account, or `None`.
    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// Returns the same. MUST lock the account like
    /// [`AccountRepository::lock`](crate::account::AccountRepository::lock): the second of two
    /// simultaneous decisions sees the first.
    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError>;

    /// Writes the current state of the application of `id`.
    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError>;

    /// Appends a decision to the history of the application of `id`. Earlier entries MUST stay.
    fn append(&mut self, id: ProfileId, record: RecordId, decided: &Approval) -> Result<(), StoreError>;

    /// Returns the history of the application of `id`, oldest first.
    fn decisions(&mut self, id: ProfileId) -> Result<Vec<Approval>, StoreError>;
}
