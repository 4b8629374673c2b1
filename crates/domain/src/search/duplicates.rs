use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strum::IntoStaticStr;

use super::{AccountSearch, Candidate, FoundAccount, NameKey, Score, SearchFilter, SearchTerms};
use crate::account::{Account, AccountRef, BirthDate, UniqueField};
use crate::ids::ProfileId;
use crate::store::{Store, StoreError};

/// Number of accounts in a page of a report.
const PAGE: u32 = 500;

/// Wanted number of accounts that may share a value. More are found in part.
const WANTED: u32 = 50;

/// Score from which two names are the same name in two spellings.
const SAME_NAME: f64 = 0.85;

/// Why two accounts may belong to the same person or organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DuplicateReason {
    /// An identifier of both has the same key. They are of different systems: a national number that
    /// one account has as its card number, for example.
    Identifier,
    /// Both have the same telephone number. Families share numbers.
    Telephone,
    /// Both have the same name, in any spelling and script, and dates of birth that may be the same.
    NameAndBirthDate,
}

impl DuplicateReason {
    /// Returns the reason's name, in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An account that may belong to the same person or organisation as another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PossibleDuplicate {
    /// The account.
    pub found: FoundAccount,
    /// Why, in the order of [`DuplicateReason`]. At least one.
    pub reasons: Vec<DuplicateReason>,
}

/// An account and its possible duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// The account.
    pub of: FoundAccount,
    /// The others, those with more reasons first, then by id.
    pub possible: Vec<PossibleDuplicate>,
}

/// Finds accounts that may belong to the same person or organisation, for staff. Those who register
/// are told nothing about them.
pub struct FindDuplicates {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl FindDuplicates {
    /// Returns the possible duplicates of one account, or `None` if there is no such account.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn run(&self, account: &AccountRef) -> Result<Option<Duplicates>, StoreError> {
        let mut repositories = self.store.autocommit()?;
        let search = &mut *repositories.search();
        let Some(id) = search.resolve(account)? else { return Ok(None) };
        let Some(of) = search.read(&[id])?.pop() else { return Ok(None) };
        let possible = possible_duplicates(search, &of.account, |_| true)?;
        Ok(Some(Duplicates { of, possible }))
    }

    /// Passes each account that has possible duplicates to `report`, in the order of ids. Each pair of
    /// accounts is reported once, with the older one. Memory use does not depend on the number of
    /// accounts.
    ///
    /// # Errors
    ///
    /// If the store or `report` fails.
    pub fn report<E: From<StoreError>>(
        &self,
        mut report: impl FnMut(Duplicates) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = None;
        loop {
            let mut repositories = self.store.autocommit()?;
            let search = &mut *repositories.search();
            let ids = search.page(&SearchFilter::default(), after, PAGE)?;
            let mut accounts = search.read(&ids)?;
            accounts.sort_unstable_by_key(|found| found.account.id);
            for of in accounts {
                let possible = possible_duplicates(search, &of.account, |id| id > of.account.id)?;
                if !possible.is_empty() {
                    report(Duplicates { of, possible })?;
                }
            }
            match ids.last() {
                Some(last) => after = Some(*last),
                None => return Ok(()),
            }
        }
    }
}

type Reasons = BTreeMap<ProfileId, BTreeSet<DuplicateReason>>;

fn possible_duplicates(
    search: &mut dyn AccountSearch,
    account: &Account,
    is_wanted: impl Fn(ProfileId) -> bool,
) -> Result<Vec<PossibleDuplicate>, StoreError> {
    let mut reasons = Reasons::new();
    let mut add = |id: ProfileId, reason| {
        if id != account.id && is_wanted(id) {
            reasons.entry(id).or_default().insert(reason);
        }
    };
    let identifiers = account.claims().into_iter().filter(|claim| claim.field != UniqueField::Email);
    let keys: Vec<_> = identifiers.map(|claim| claim.key).collect();
    for id in search.with_identifiers(&keys)? {
        add(id, DuplicateReason::Identifier);
    }

    let telephones: Vec<_> = SearchTerms::telephones(account).into_iter().map(|term| vec![term]).collect();
    if !telephones.is_empty() {
        for found in search.with_terms(&telephones, &SearchFilter::default(), WANTED)? {
            add(found.id, DuplicateReason::Telephone);
        }
    }
    for id in with_same_name(search, account)? {
        add(id, DuplicateReason::NameAndBirthDate);
    }
    read_in_order(search, account, reasons)
}

/// Returns accounts with the same name that were born in the same year.
fn with_same_name(search: &mut dyn AccountSearch, account: &Account) -> Result<Vec<ProfileId>, StoreError> {
    let Some(birth_date) = account.profile.birth_date else { return Ok(Vec::new()) };
    let born = SearchTerms::born(birth_date);
    let mut same = Vec::new();
    for names in account.details.names_by_script().iter().map(|names| NameKey::new(names)) {
        let sets = names.alternatives().into_iter();
        let sets: Vec<Vec<String>> =
            sets.map(|set| set.into_iter().chain([born.clone()]).collect()).collect();
        if sets.is_empty() {
            continue;
        }
        let is_same = |found: &Candidate| {
            Score::new(names.closeness(&NameKey::of_keys(&found.terms))) >= Score::new(SAME_NAME)
        };
        let found = search.with_terms(&sets, &SearchFilter::default(), WANTED)?;
        same.extend(found.iter().filter(|found| is_same(found)).map(|found| found.id));
    }
    Ok(same)
}

/// Reads the accounts. Only now their dates of birth are known.
fn read_in_order(
    search: &mut dyn AccountSearch,
    account: &Account,
    mut reasons: Reasons,
) -> Result<Vec<PossibleDuplicate>, StoreError> {
    let ids: Vec<_> = reasons.keys().copied().collect();
    let mut possible = Vec::new();
    for found in search.read(&ids)? {
        let mut reasons = reasons.remove(&found.account.id).unwrap_or_default();
        if !is_overlapping(account.profile.birth_date, found.account.profile.birth_date) {
            reasons.remove(&DuplicateReason::NameAndBirthDate);
        }
        if !reasons.is_empty() {
            possible.push(PossibleDuplicate { found, reasons: reasons.into_iter().collect() });
        }
    }
    possible.sort_unstable_by_key(|one| (std::cmp::Reverse(one.reasons.len()), one.found.account.id));
    Ok(possible)
}

fn is_overlapping(one: Option<BirthDate>, other: Option<BirthDate>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.overlaps(&other))
}
