use super::{AccountState, FoundAccount, SearchTerms};
use crate::account::Role;
use crate::place::Wilaya;

/// Which accounts to find. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// Only accounts of these roles; of any role if there are none.
    pub roles: Vec<Role>,
    /// Only accounts in this state.
    pub state: Option<AccountState>,
    /// Only accounts in these wilayas; in any wilaya, and without one, if there are none.
    pub wilayas: Vec<Wilaya>,
}

impl SearchFilter {
    /// Returns sets of terms. An account with one of these roles, in one of these wilayas, has a term of
    /// each set.
    #[must_use]
    pub fn terms(&self) -> Vec<Vec<String>> {
        let roles = self.roles.iter().map(|role| SearchTerms::role(*role)).collect();
        let wilayas = self.wilayas.iter().map(SearchTerms::wilaya).collect();
        [roles, wilayas].into_iter().filter(|terms: &Vec<String>| !terms.is_empty()).collect()
    }

    /// Returns whether `found` is one of these accounts.
    #[must_use]
    pub fn matches(&self, found: &FoundAccount) -> bool {
        let has = SearchTerms::of(&found.account);
        self.state.is_none_or(|state| found.state() == state)
            && self.terms().iter().all(|terms| terms.iter().any(|term| has.contains(term)))
    }
}
