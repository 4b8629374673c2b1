//! Queries, and the keys by which names are found.

use std::collections::BTreeSet;

use sihha_domain::account::{CarteId, EmailAddress};
use sihha_domain::search::{NameKey, SearchQuery};
use unicode_normalization::UnicodeNormalization;

/// Maximum number of sets of keys of one step of a search.
const MAX_SETS: usize = 64;

pub(crate) fn run(data: &[u8]) {
    let input = String::from_utf8_lossy(data);
    match SearchQuery::parse(&input) {
        SearchQuery::Account(id) => assert_eq!(SearchQuery::parse(&id.to_string()), SearchQuery::Account(id)),
        SearchQuery::Email(prefix) => {
            // The canonical form of a complete address finds the same accounts.
            if let Ok(address) = EmailAddress::attempt(&prefix) {
                assert_eq!(address.canonical(), prefix);
            }
        }
        SearchQuery::Number { key, .. } => assert_eq!(CarteId::on_record(key.clone()).canonical(), key),
        SearchQuery::Names(names) => check(&names),
    }
    let names = NameKey::new(&[&input]);
    check(&names);
    let (composed, decomposed): (String, String) = (input.nfc().collect(), input.nfd().collect());
    assert_eq!(NameKey::new(&[&composed]), NameKey::new(&[&decomposed]));
    if let Some((first, second)) = input.split_once('\n') {
        let score = NameKey::new(&[first]).closeness(&NameKey::new(&[second]));
        assert!((0.0..=1.0).contains(&score), "{score}");
    }
}

fn check(names: &NameKey) {
    let keys = names.keys();
    // Other terms of the same index have a colon or begin with `^`.
    assert!(keys.iter().all(|key| !key.contains(':') && !key.starts_with('^')), "{keys:?}");
    let exact = names.exact_keys();
    assert!(exact.iter().all(|key| keys.contains(key)));
    let again = NameKey::of_keys(&exact);
    assert_eq!(again.exact_keys(), exact, "the keys of what was read from keys");
    assert_eq!(NameKey::of_keys(&again.exact_keys()), again);
    let is_found = |sets: &BTreeSet<BTreeSet<String>>| sets.iter().any(|set| set.is_subset(&keys));
    let alternatives = names.alternatives();
    assert!(alternatives.is_empty() || is_found(&alternatives), "names do not find themselves");
    assert!(names.steps().all(|sets| sets.len() <= MAX_SETS));
    if !names.is_empty() {
        assert!((names.closeness(names) - 1.0).abs() < 1e-9, "{}", names.closeness(names));
    }
}
