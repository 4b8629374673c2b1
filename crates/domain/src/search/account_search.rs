use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{AccountSearch, NameKey, Prefixed, Score, SearchCursor, SearchFilter, SearchMatch, SearchQuery};
use crate::ids::ProfileId;
use crate::store::{Store, StoreError};

/// Maximum number of accounts of which a value begins with the query.
const MAX_PREFIXED: u32 = 200;

/// Score from which a match is good enough to search for no more distant spellings.
const GOOD: f64 = 0.9;

/// Minimum score of a match. Names below it only share consonants.
const MIN_SCORE: f64 = 0.65;

/// Searches for accounts, for staff.
pub struct SearchAccounts {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

type Scores = HashMap<ProfileId, Score>;

impl SearchAccounts {
    /// Returns up to `limit` accounts that match `query` and `filter`, best first, then by id. The
    /// first match is the one after `after`.
    ///
    /// A search for names that very many accounts have finds only some of them.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn run(
        &self,
        query: &SearchQuery,
        filter: &SearchFilter,
        after: Option<SearchCursor>,
        limit: u32,
    ) -> Result<Vec<SearchMatch>, StoreError> {
        let mut repositories = self.store.autocommit()?;
        let search = &mut *repositories.search();
        let scores = match query {
            SearchQuery::Account(id) => Scores::from([(*id, Score::new(1.0))]),
            SearchQuery::Email(prefix) => of_prefix(prefix, search.with_email(prefix, MAX_PREFIXED)?),
            SearchQuery::Number { telephone, key } => {
                let mut scores = of_prefix(key, search.with_identifier(key, MAX_PREFIXED)?);
                if let Some(telephone) = telephone {
                    let owners = search.with_terms(&[vec![telephone.clone()]], filter, limit)?;
                    scores.extend(owners.into_iter().map(|owner| (owner.id, Score::new(1.0))));
                }
                scores
            }
            SearchQuery::Names(names) => by_names(search, names, filter, after, limit)?,
        };
        let mut ranked = after_cursor(scores, after);
        ranked.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        first_matches(search, &ranked, filter, limit)
    }
}

/// Reads accounts in their order until `limit` of them match `filter`.
fn first_matches(
    search: &mut dyn AccountSearch,
    ranked: &[(Score, ProfileId)],
    filter: &SearchFilter,
    limit: u32,
) -> Result<Vec<SearchMatch>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut matches = Vec::new();
    for page in ranked.chunks(limit.max(1)) {
        let ids: Vec<_> = page.iter().map(|(_, id)| *id).collect();
        let mut found: HashMap<_, _> =
            search.read(&ids)?.into_iter().map(|found| (found.account.id, found)).collect();
        let in_order = page.iter().filter_map(|(score, id)| Some((*score, found.remove(id)?)));
        let matching = in_order.filter(|(_, found)| filter.matches(found));
        matches.extend(matching.map(|(score, found)| SearchMatch { found, score }));
        if matches.len() >= limit {
            break;
        }
    }
    matches.truncate(limit);
    Ok(matches)
}

/// Finds names in up to four steps, each with more distant spellings than the one before. Stops when
/// enough good matches have been found, because later steps have more candidates than can be ranked.
/// If none is good, finds accounts with one of the names.
fn by_names(
    search: &mut dyn AccountSearch,
    names: &NameKey,
    filter: &SearchFilter,
    after: Option<SearchCursor>,
    limit: u32,
) -> Result<Scores, StoreError> {
    let good = Score::new(GOOD);
    let mut scores = Scores::new();
    let mut find = |scores: &mut Scores, sets: BTreeSet<BTreeSet<String>>| -> Result<(), StoreError> {
        let sets: Vec<Vec<_>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
        if sets.is_empty() {
            return Ok(());
        }
        for candidate in search.with_terms(&sets, filter, limit)? {
            let closeness = || names.closeness(&NameKey::of_keys(&candidate.terms));
            scores.entry(candidate.id).or_insert_with(|| Score::new(closeness()));
        }
        Ok(())
    };
    for sets in names.steps() {
        find(&mut scores, sets)?;
        let close = after_cursor(scores.clone(), after).into_iter().filter(|(score, _)| *score >= good);
        if close.count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            break;
        }
    }
    if scores.values().all(|score| *score < good) {
        names.words_alone().try_for_each(|sets| find(&mut scores, sets))?;
    }
    let minimum = Score::new(MIN_SCORE);
    scores.retain(|_, score| *score >= minimum);
    Ok(scores)
}

fn after_cursor(scores: Scores, after: Option<SearchCursor>) -> Vec<(Score, ProfileId)> {
    let all = scores.into_iter().map(|(id, score)| (score, id));
    all.filter(|(score, id)| after.is_none_or(|after| after.is_before(*score, *id))).collect()
}

/// The score is the part of the value that the query names.
fn of_prefix(prefix: &str, found: Vec<Prefixed>) -> Scores {
    let length = |text: &str| f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
    let score = |key: &str| Score::new(length(prefix) / length(key));
    let mut scores = Scores::new();
    for Prefixed { id, key } in found {
        let best = scores.entry(id).or_insert(score(&key));
        *best = (*best).max(score(&key));
    }
    scores
}
