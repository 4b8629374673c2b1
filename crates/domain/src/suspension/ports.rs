use super::{Reinstatement, Suspension};
use crate::account::{AccountRef, EmailAddress, Role};
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;

/// An account, and whether it is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStanding {
    /// The account.
    pub id: ProfileId,
    /// Its holder's role.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// First and last name of a person, or an organisation's name.
    pub name: String,
    /// Its last suspension, in force or lifted, if there ever was one.
    pub suspension: Option<Suspension>,
}

impl AccountStanding {
    /// Whether the account is kept from logging in.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspension.as_ref().is_some_and(|suspension| suspension.reinstatement.is_none())
    }
}

/// Keeps suspensions, those that were lifted too.
pub trait SuspensionRepository {
    /// The account, or `None` if there is none. MUST lock it as
    /// [`AccountRepository::lock`](crate::account::AccountRepository::lock) does.
    fn lock(&mut self, account: &AccountRef) -> Result<Option<AccountStanding>, StoreError>;

    /// Adds a suspension of the account `id`, which is not suspended, under an id of its own.
    fn add(&mut self, id: ProfileId, record: RecordId, suspension: &Suspension) -> Result<(), StoreError>;

    /// Ends the suspension that is in force.
    fn reinstate(&mut self, id: ProfileId, reinstatement: &Reinstatement) -> Result<(), StoreError>;
}
