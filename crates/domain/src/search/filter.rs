use super::{AccountState, FoundAccount, SearchTerms};
use crate::account::Role;
use crate::place::Wilaya;

/// Which accounts to find. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// Only accounts of this role.
    pub role: Option<Role>,
    /// Only accounts in this state.
    pub state: Option<AccountState>,
    /// Only accounts in this wilaya.
    pub wilaya: Option<Wilaya>,
}

impl SearchFilter {
    /// Returns the terms that an account of this role and wilaya has.
    #[must_use]
    pub fn terms(&self) -> Vec<String> {
        let wilaya = self.wilaya.as_ref().map(SearchTerms::wilaya);
        self.role.map(SearchTerms::role).into_iter().chain(wilaya).collect()
    }

    /// Returns whether `found` is one of these accounts.
    #[must_use]
    pub fn matches(&self, found: &FoundAccount) -> bool {
        let terms = SearchTerms::of(&found.account);
        self.state.is_none_or(|state| found.state() == state)
            && self.terms().iter().all(|term| terms.contains(term))
    }
}
