use super::{FoundAccount, SearchFilter};
use crate::account::AccountRef;
use crate::ids::ProfileId;
use crate::store::StoreError;

/// An account that may match a query, with its stored terms (see [`super::SearchTerms`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The account's id.
    pub id: ProfileId,
    /// Its terms.
    pub terms: Vec<String>,
}

/// An account of which a value begins with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixed {
    /// The account's id.
    pub id: ProfileId,
    /// The form of the value by which it is compared.
    pub key: String,
}

/// Finds accounts for staff.
///
/// No call may take time in proportion to the number of accounts, whatever its arguments are.
pub trait AccountSearch {
    /// Returns accounts that match `filter` and have all terms of one of `sets`.
    ///
    /// Of more than `wanted` such accounts, MAY return only some, but at least `wanted`. With a
    /// state, MAY return fewer if thousands of accounts in other states have the terms.
    fn with_terms(
        &mut self,
        sets: &[Vec<String>],
        filter: &SearchFilter,
        wanted: u32,
    ) -> Result<Vec<Candidate>, StoreError>;

    /// Returns up to `limit` accounts whose canonical e-mail begins with `prefix`, in its order.
    fn with_email(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError>;

    /// Returns up to `limit` accounts whose card number or other identifier has a key that begins
    /// with `prefix`, in the order of keys.
    fn with_identifier(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError>;

    /// Returns the accounts that have one of these keys as a card number or another identifier, in any
    /// system.
    fn with_identifiers(&mut self, keys: &[String]) -> Result<Vec<ProfileId>, StoreError>;

    /// Returns up to `limit` accounts that match `filter` and whose ids are greater than `after`, in
    /// the order of their ids.
    fn page(
        &mut self,
        filter: &SearchFilter,
        after: Option<ProfileId>,
        limit: u32,
    ) -> Result<Vec<ProfileId>, StoreError>;

    /// Returns the id of the account, or `None`. An id MAY be returned without a check that the
    /// account exists.
    fn resolve(&mut self, account: &AccountRef) -> Result<Option<ProfileId>, StoreError>;

    /// Reads these accounts, in any order, without those that do not exist.
    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<FoundAccount>, StoreError>;
}
