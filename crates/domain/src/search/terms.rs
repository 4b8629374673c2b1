use super::NameKey;
use crate::account::{Account, PhoneNumber, Role, RoleDetails};

/// One account in this number is in the sample.
const SAMPLED: u128 = 64;

/// The terms that a store indexes for each account, and by which a search finds it.
///
/// The terms of names are [`NameKey::keys`]. They have no colon; all other terms have one.
pub enum SearchTerms {}

impl SearchTerms {
    /// Returns the terms of `account`, sorted.
    #[must_use]
    pub fn of(account: &Account) -> Vec<String> {
        let names = NameKey::new(&account.details.names());
        let mut terms = names.exact_keys();
        let mut others = names.keys();
        others.insert(Self::role(account.role()));
        others.extend(telephones(account).filter_map(Self::telephone));
        terms.extend(others.into_iter().filter(|term| !terms.contains(term)).collect::<Vec<_>>());
        if account.id.as_uuid().as_u128().is_multiple_of(SAMPLED) {
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
    pub fn wilaya(code: &str) -> String {
        format!("wilaya:{code}")
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
