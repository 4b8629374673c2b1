//! Search for names in any spelling.

mod closeness;
mod skeleton;
mod words;

use std::collections::BTreeSet;

use words::{Word, words};

/// Maximum number of alternatives of a query.
const MAX_ALTERNATIVES: usize = 32;

/// The names of an account, or a query for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKey(Vec<Word>);

impl NameKey {
    /// Reads the names of one account, or a query.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().flat_map(words).collect())
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<String> {
        let joined = self.0.windows(2).map(|pair| pair[0].joined(&pair[1]));
        self.0.iter().cloned().chain(joined).flat_map(|word| skeleton::keys(&word)).collect()
    }

    /// Returns the sets of keys.
    #[must_use]
    pub fn alternatives(&self) -> BTreeSet<BTreeSet<String>> {
        let joins = (1..self.0.len()).map(|at| {
            let pair = self.0[at - 1].joined(&self.0[at]);
            self.0[..at - 1].iter().cloned().chain([pair]).chain(self.0[at + 1..].iter().cloned()).collect()
        });
        let splits: Vec<Vec<Word>> = std::iter::once(self.0.clone()).chain(joins).collect();
        splits
            .iter()
            .flat_map(|words| product(words))
            .filter(|keys| !keys.is_empty())
            .take(MAX_ALTERNATIVES)
            .collect()
    }

    /// Returns closeness.
    #[must_use]
    pub fn closeness(&self, name: &Self) -> f64 {
        closeness::closeness(&self.0, &name.0)
    }
}

fn product(words: &[Word]) -> Vec<BTreeSet<String>> {
    words.iter().fold(vec![BTreeSet::new()], |sets, word| {
        let keys = skeleton::keys(word);
        let with = |set: &BTreeSet<String>| {
            keys.iter().map(|key| set.iter().cloned().chain([key.clone()]).collect()).collect::<Vec<_>>()
        };
        sets.iter().flat_map(with).take(MAX_ALTERNATIVES).collect()
    })
}
