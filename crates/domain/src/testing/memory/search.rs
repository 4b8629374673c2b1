use super::state::{AccountRow, State};
use crate::account::{AccountRef, UniqueField};
use crate::ids::ProfileId;
use crate::search::{AccountSearch, Candidate, FoundAccount, Prefixed, SearchFilter, SearchTerms};
use crate::store::StoreError;

pub(super) struct MemorySearch<'a>(pub(super) &'a mut State);

impl AccountSearch for MemorySearch<'_> {
    fn with_terms(
        &mut self,
        sets: &[Vec<String>],
        filter: &SearchFilter,
        _: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        let is_wanted = |row: &&AccountRow| filter.matches(&found(row));
        let candidates = self.0.accounts.iter().filter(is_wanted).filter_map(|row| {
            let terms = SearchTerms::of(&row.account);
            let has = |set: &Vec<String>| set.iter().all(|term| terms.contains(term));
            sets.iter().any(has).then_some(Candidate { id: row.account.id, terms })
        });
        Ok(candidates.collect())
    }

    fn with_email(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError> {
        Ok(prefixed(self.0, prefix, limit, |field| field == UniqueField::Email))
    }

    fn with_identifier(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError> {
        Ok(prefixed(self.0, prefix, limit, |field| field != UniqueField::Email))
    }

    fn with_identifiers(&mut self, keys: &[String]) -> Result<Vec<ProfileId>, StoreError> {
        let has = |row: &&AccountRow| {
            let claims = row.account.claims();
            claims.iter().any(|claim| claim.field != UniqueField::Email && keys.contains(&claim.key))
        };
        Ok(self.0.accounts.iter().filter(has).map(|row| row.account.id).collect())
    }

    fn page(
        &mut self,
        filter: &SearchFilter,
        after: Option<ProfileId>,
        limit: u32,
    ) -> Result<Vec<ProfileId>, StoreError> {
        let rows = self.0.accounts.iter().filter(|row| Some(row.account.id) > after);
        let mut ids: Vec<_> =
            rows.map(found).filter(|found| filter.matches(found)).map(|found| found.account.id).collect();
        ids.sort_unstable();
        ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(ids)
    }

    fn resolve(&mut self, account: &AccountRef) -> Result<Option<ProfileId>, StoreError> {
        Ok(self.0.by_ref(account).map(|row| row.account.id))
    }

    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<FoundAccount>, StoreError> {
        Ok(ids.iter().filter_map(|id| self.0.account(*id)).map(found).collect())
    }
}

fn found(row: &AccountRow) -> FoundAccount {
    FoundAccount { account: row.account.clone(), is_suspended: row.is_suspended() }
}

fn prefixed(state: &State, prefix: &str, limit: u32, is_wanted: fn(UniqueField) -> bool) -> Vec<Prefixed> {
    let all = state.accounts.iter().flat_map(|row| {
        let claims = row.account.claims().into_iter().filter(|claim| is_wanted(claim.field));
        claims.map(|claim| Prefixed { id: row.account.id, key: claim.key })
    });
    let mut found: Vec<_> = all.filter(|found| found.key.starts_with(prefix)).collect();
    found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    found
}
