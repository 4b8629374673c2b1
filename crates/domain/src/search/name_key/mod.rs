//! Search for names in any spelling, in Latin and in Arabic script.
//!
//! A search has two steps. **Keys** find candidates: a store indexes [`NameKey::keys`] as an array
//! (GIN) and returns the rows that contain all keys of one of the query's
//! [`NameKey::alternatives`]. **Closeness** ranks the candidates by their original spellings. For a
//! common name the candidates are too many to rank, so a store first takes rows that contain
//! [`NameKey::exact_keys`], up to its limit, and then fills up by key.
//!
//! # Rules of words
//!
//! 1. Text is decomposed (NFKD, [UAX #15](https://www.unicode.org/reports/tr15/)) and lower-cased;
//!    marks, apostrophes, tatweel and hamza are removed: `Aïcha` is `aicha`, `أمينة` is `امينة`,
//!    `M'hamed` is `mhamed`. `L'Arbi` is `El Arbi`, `d'Oran` is `Oran`.
//! 2. All that is not a letter or digit separates words. A word of one letter and French articles and
//!    prepositions (`de`, `la`) are ignored: `Clinique de la Paix` is found by `clinique paix`.
//! 3. At most 12 words of 24 letters are read. Particles belong to the next word (`Abd el Kader`,
//!    `Ben Ali`, `Oum El Kheir`), `Eddine` to the one before it. `et`, `en`, `es` and the like are
//!    articles only before their consonant (`Et Tayeb`, not `et Ali`). `Med`, `Mohd` and `Mhd` are
//!    `Mohamed`.
//! 4. Two neighbours may be one word: `Fatma Zohra` is found by `Fatmazohra`, and the other way.
//!
//! # Rules of sounds
//!
//! 5. Digraphs are one sound: ch, sh (ش), kh (خ), gh (غ), dj (ج), ou (و), ph; th is ث or ت and ح
//!    (`Othmane`, `Fethi`), dh is ذ, ظ or ض (`Nadhir`). c is s before e, i and y (`Youcef`); c, q,
//!    g, ق and ك are k (`Gada`).
//! 6. ط is t, ض is d, ص is s: no Latin spelling keeps them apart.
//! 7. After `abd`, the article and an l are ignored: `Abderrahmane`, `Abdelrahmane`, `عبد الرحمان`,
//!    `Abdelatif`.
//! 8. An article may be read or not: `El Arbi` is found by `Larbi` (العربي), `Ezzohra` by `Zohra`.
//!    `Ben el` is also `Bel`.
//! 9. A doubled consonant is one; a final h and a final mute e are ignored: `Mohammed`, `Aminah`,
//!    `Bouzide`. A final اة may have a t: `Nadjet` (نجاة).
//!
//! # Keys
//!
//! 10. The key of a word is its consonants: `Mohamed`, `محمد`: `mhmd`; `Youcef`, `يوسف`: `sf`.
//!     Vowels, w, y and ع are left out. A key of one consonant starts with `a` if the word starts
//!     with a vowel: `Ali`, `علي`: `al`.
//!     Two words with the same key have a key of both, too: `2hmz` for `Hamza Hamzaoui`.
//! 11. A loose key leaves out one more consonant: `Hafid` and `Hafiz` share `~hf`. Only a query of
//!     two words or more uses it, for one of its words, if its alternatives found too few
//!     ([`NameKey::loose_alternatives`]).
//!
//! Different names may share a key (`Hocine`, `Hassan`). Closeness, a weighted edit distance over
//! the sounds, tells them apart: a vowel costs less than a consonant, and a short vowel that Arabic
//! does not write costs almost nothing.
//!
//! The rules were found by reading names of Algerian registers, whose Latin spellings follow French.
//! A coarse phonetic key whose candidates are ranked by an edit distance is also what S. U. Aqeel et
//! al. found to work best, in "On the Development of Name Search Techniques for Arabic" (their key is
//! a Soundex for Arabic script alone).

mod closeness;
mod skeleton;
mod words;

use std::collections::BTreeSet;
use std::iter::once;

use words::{Word, words};

/// Maximum number of alternatives of a query.
const MAX_ALTERNATIVES: usize = 32;

/// First character of the exact keys.
const EXACT: char = '=';

/// The names of an account, or a query for names. See the rules at the top of `name_key/mod.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKey(Vec<Word>);

impl NameKey {
    /// Reads the names of one account, such as first and last name in both scripts, or one query.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        Self(names.iter().flat_map(|name| words(name)).collect())
    }

    /// Returns whether there is nothing to search for: one letter, marks alone, `%`, `_`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| skeleton::keys(word).is_empty())
    }

    /// Returns the keys to store and index: those of each word, of two neighbours as one word, the exact
    /// keys and the loose keys.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<String> {
        let pairs = self.0.windows(2).filter(|pair| pair[0].arabic == pair[1].arabic);
        let joined = pairs.map(|pair| pair[0].joined(&pair[1]));
        let mut keys = BTreeSet::new();
        for key in self.0.iter().flat_map(skeleton::keys) {
            insert_again(&mut keys, key);
        }
        keys.extend(joined.flat_map(|word| skeleton::keys(&word)));
        keys.extend(self.exact_keys());
        keys.extend(self.0.iter().flat_map(skeleton::loose_keys));
        keys
    }

    /// Returns the keys that only names with the words of this query in the same spelling have, in the
    /// order of the words.
    #[must_use]
    pub fn exact_keys(&self) -> Vec<String> {
        self.0.iter().map(exact_key).collect()
    }

    /// Returns the names that have these keys. Only the exact keys count.
    #[must_use]
    pub fn of_keys(keys: &[String]) -> Self {
        let spellings = keys.iter().filter_map(|key| key.strip_prefix(EXACT));
        Self(spellings.map(|spelling| Word::new(spelling.to_owned())).collect())
    }

    /// Returns the sets of keys that a query searches for. A name is a candidate if it has all keys of one set.
    #[must_use]
    pub fn alternatives(&self) -> BTreeSet<BTreeSet<String>> {
        let splits = once(self.0.clone()).chain(words::joins(&self.0));
        let sets = splits.flat_map(|words| combinations(&words)).filter(|keys| !keys.is_empty());
        sets.take(MAX_ALTERNATIVES).collect()
    }

    /// Returns further sets of keys, in which one word may differ by one consonant, for a query that found too few.
    ///
    /// Empty for a query of one word, which would find too many.
    #[must_use]
    pub fn loose_alternatives(&self) -> BTreeSet<BTreeSet<String>> {
        self.beside_others(skeleton::loose_keys).take(2 * MAX_ALTERNATIVES).collect()
    }

    /// Returns the sets of keys of each step of a search, from the exact spelling to the most distant one. In the
    /// second step only one word has its exact spelling.
    pub fn steps(&self) -> impl Iterator<Item = BTreeSet<BTreeSet<String>>> + '_ {
        let one_exact = |word: &Word| BTreeSet::from([exact_key(word)]);
        (0..4).filter(|_| !self.is_empty()).map(move |step| match step {
            0 => once(self.exact_keys().into_iter().collect()).collect(),
            1 => self.beside_others(one_exact).take(MAX_ALTERNATIVES).collect(),
            2 => self.alternatives(),
            _ => self.loose_alternatives(),
        })
    }

    /// Returns the sets of keys of each word alone, for a query of several words that found nothing close: one of
    /// them may be another name, or written in a way that no rule knows.
    pub fn words_alone(&self) -> impl Iterator<Item = BTreeSet<BTreeSet<String>>> + '_ {
        let sets = |word| skeleton::keys(word).into_iter().map(|key| BTreeSet::from([key])).collect();
        self.0.iter().filter(|_| self.0.len() > 1).map(sets)
    }

    /// Returns the sets of one of `keys_of` a word and a key of each other word.
    fn beside_others(
        &self,
        keys_of: impl Fn(&Word) -> BTreeSet<String>,
    ) -> impl Iterator<Item = BTreeSet<String>> {
        let sets = (0..self.0.len()).filter(|_| self.0.len() > 1).flat_map(move |at| {
            let others = combinations(&[&self.0[..at], &self.0[at + 1..]].concat());
            let with = move |key: String| {
                others.clone().into_iter().map(move |set| &set | &BTreeSet::from([key.clone()]))
            };
            keys_of(&self.0[at]).into_iter().flat_map(with)
        });
        sets.filter(|keys| keys.len() > 1)
    }

    /// Returns how close the spelling of `name` is to this query, from 0 to 1, in any order of words.
    #[must_use]
    pub fn closeness(&self, name: &Self) -> f64 {
        closeness::closeness(&self.0, &name.0)
    }
}

/// Inserts the key of a word, or the key of two words that have the same key: in `Hamza Hamzaoui`.
fn insert_again(keys: &mut BTreeSet<String>, key: String) {
    if keys.contains(&key) {
        keys.insert(format!("2{key}"));
    } else {
        keys.insert(key);
    }
}

fn exact_key(word: &Word) -> String {
    format!("{EXACT}{}", word.spelling)
}

/// Returns all ways to take one key of each word.
fn combinations(words: &[Word]) -> Vec<BTreeSet<String>> {
    let keys = words.iter().map(skeleton::keys).filter(|keys| !keys.is_empty());
    keys.fold(vec![BTreeSet::new()], |sets, keys| {
        let with = |set: &BTreeSet<String>| {
            let with = |key: &String| {
                let mut set = set.clone();
                insert_again(&mut set, key.clone());
                set
            };
            keys.iter().map(with).collect::<Vec<_>>()
        };
        sets.iter().flat_map(with).take(MAX_ALTERNATIVES).collect()
    })
}
