use crate::account::{Account, Role};
use crate::place::{Place, Wilaya};

/// The applications that a reviewer sees and decides on. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only applications in these wilayas; in all, and without a wilaya, if there are none.
    pub wilayas: Vec<Wilaya>,
    /// Only applications for these roles; for all if there are none.
    pub applicant_roles: Vec<Role>,
}

impl Scope {
    /// Returns whether the account of an applicant is in the scope.
    #[must_use]
    pub fn contains(&self, account: &Account) -> bool {
        let wilaya = account.profile.place.as_ref().map(Place::wilaya);
        (self.applicant_roles.is_empty() || self.applicant_roles.contains(&account.role()))
            && (self.wilayas.is_empty() || wilaya.is_some_and(|wilaya| self.wilayas.contains(wilaya)))
    }
}

/// Returns what both lists have; an empty list means everything. `None` if they have nothing in common.
pub(crate) fn intersection<T: Clone + PartialEq>(wanted: &[T], seen: &[T]) -> Option<Vec<T>> {
    match (wanted, seen) {
        ([], list) | (list, []) => Some(list.to_vec()),
        _ => {
            let both: Vec<T> = wanted.iter().filter(|one| seen.contains(one)).cloned().collect();
            (!both.is_empty()).then_some(both)
        }
    }
}
