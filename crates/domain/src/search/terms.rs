use std::collections::BTreeSet;

use super::NameKey;
use crate::account::{Account, PhoneNumber, Role, RoleDetails};
use crate::ids::ProfileId;
use crate::place::Wilaya;

/// One account in this number is in the sample.
const SAMPLED: u128 = 64;

/// The terms that a store indexes for each account, and by which a search finds it.
///
/// The terms of names are [`NameKey::keys`]. They have no colon; all other terms have one. Those of the
/// sample start with `^`.
pub enum SearchTerms {}

impl SearchTerms {
    /// Returns the terms of `account`.
    #[must_use]
    pub fn of(account: &Account) -> Vec<String> {
        let mut terms = Self::names(&account.details.names());
        terms.push(Self::role(account.role()));
        terms.extend(account.profile.place.as_ref().map(|place| Self::wilaya(place.wilaya())));
        let telephones: BTreeSet<_> = telephones(account).filter_map(Self::telephone).collect();
        terms.extend(telephones);
        Self::with_sample(account.id, terms)
    }

    /// Returns the terms of an account's names: first the exact keys in the order of the words, from which
    /// a search ranks the account, then the others.
    #[must_use]
    pub fn names(names: &[&str]) -> Vec<String> {
        let names = NameKey::new(names);
        let mut terms = names.exact_keys();
        let others = names.keys().into_iter().filter(|key| !terms.contains(key)).collect::<Vec<_>>();
        terms.extend(others);
        terms
    }

    /// Adds the terms of the sample, if the account is in it.
    ///
    /// Very many accounts have a common name or role. A search reads the sample first, and all
    /// accounts only if the sample has too few.
    #[must_use]
    pub fn with_sample(id: ProfileId, mut terms: Vec<String>) -> Vec<String> {
        if id.as_uuid().as_u128().is_multiple_of(SAMPLED) {
            terms.extend(terms.iter().map(|term| Self::in_sample(term)).collect::<Vec<_>>());
        }
        terms
    }

    /// Returns the term that only accounts of the sample have, of those that have `term`.
    #[must_use]
    pub fn in_sample(term: &str) -> String {
        format!("^{term}")
    }

    /// Returns the term of all accounts in the wilaya with this code.
    #[must_use]
    pub fn wilaya(wilaya: &Wilaya) -> String {
        format!("wilaya:{wilaya}")
    }

    /// Returns the term of all accounts with this role.
    #[must_use]
    pub fn role(role: Role) -> String {
        format!("role:{}", role.as_str())
    }

    /// Returns the term of all accounts with this telephone number. `None` if it has no digit.
    #[must_use]
    pub fn telephone(number: &PhoneNumber) -> Option<String> {
        let key = number.key();
        (!key.is_empty()).then(|| format!("tel:{key}"))
    }
}

/// Returns the account's own numbers. Numbers for an emergency are those of other people.
fn telephones(account: &Account) -> impl Iterator<Item = &PhoneNumber> {
    let of_role = match &account.details {
        RoleDetails::Hospital(hospital) => Some(&hospital.number),
        RoleDetails::Labo(labo) => Some(&labo.number),
        RoleDetails::Patient(_) | RoleDetails::Doctor(_) => None,
    };
    account.profile.numero_tel.iter().chain(of_role)
}
