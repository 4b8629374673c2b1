use super::{Reinstatement, Suspension};
use crate::account::{AccountRef, EmailAddress, Role};
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;

/// An account, and whether it is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStanding {
    /// The account's id.
    pub id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// First and last name of a person, or an organisation's name.
    pub name: String,
    /// Its latest suspension, in force or ended, if there ever was one.
    pub suspension: Option<Suspension>,
}

impl AccountStanding {
    /// Returns whether a suspension is in force.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspension.as_ref().is_some_and(|suspension| suspension.reinstatement.is_none())
    }
}

/// Stores suspensions, including those that have ended.
pub trait SuspensionRepository {
    /// Returns the account, or `None`. MUST lock it like
    /// [`AccountRepository::lock`](crate::account::AccountRepository::lock).
    fn lock(&mut self, account: &AccountRef) -> Result<Option<AccountStanding>, StoreError>;

    /// Returns the account's suspensions, oldest first.
    fn history(&mut self, id: ProfileId) -> Result<Vec<Suspension>, StoreError>;

    /// Adds a suspension with the id `record` to the account `id`, which is not suspended.
    fn add(&mut self, id: ProfileId, record: RecordId, suspension: &Suspension) -> Result<(), StoreError>;

    /// Ends the suspension that is in force.
    fn reinstate(&mut self, id: ProfileId, reinstatement: &Reinstatement) -> Result<(), StoreError>;
}
