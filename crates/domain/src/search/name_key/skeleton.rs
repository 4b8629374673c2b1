//! The coarse key of a word: its consonants.

use std::collections::BTreeSet;

use super::words::Word;

/// Returns the keys of `word`, sorted. Two words are candidates for each other if they share a key.
pub(super) fn keys(word: &Word) -> Vec<String> {
    let mut keys: Vec<_> = word.readings.iter().flat_map(|reading| skeletons(reading)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Returns the keys of `word`, and each without one of its consonants, if two remain. Each starts with `~`.
///
/// Two words that differ in one consonant share one of these keys (M. Mor and A. S. Fraenkel, "A hash
/// code method for detecting and correcting spelling errors", CACM 25(12), 1982).
pub(super) fn loose_keys(word: &Word) -> BTreeSet<String> {
    let without = |key: String| {
        let rest = |(at, letter): (usize, char)| format!("~{}{}", &key[..at], &key[at + letter.len_utf8()..]);
        let shorter = key.char_indices().map(rest).filter(|rest| rest.chars().count() > 2);
        shorter.chain([format!("~{key}")]).collect::<Vec<_>>()
    };
    keys(word).into_iter().flat_map(without).collect()
}

fn skeletons(sounds: &[char]) -> Vec<String> {
    let mut all = vec![String::new()];
    for (at, &sound) in sounds.iter().enumerate() {
        let last = at + 1 == sounds.len();
        let choices: &[&str] = match sound {
            // "Othmane" and "Osman", but "Fethi" has a t and an h.
            'T' => &["t", "s", "th"],
            'D' => &["d", "z", "dh"],
            'E' => &["", "t"],
            'G' => &["k"],
            // "Ishak" has an s and an h.
            'S' if !last => &["c", "sh"],
            'S' => &["c"],
            'h' if last && sounds.len() > 2 => &[""],
            'a' | 'e' | 'i' | 'o' | 'u' | '\'' => &[""],
            _ => {
                all = all.iter().map(|key| appended(key, sound.encode_utf8(&mut [0; 4]))).collect();
                continue;
            }
        };
        // Few words have two of these; the first choice stands for the others beyond that.
        let choices = if all.len() > 8 { &choices[..1] } else { choices };
        all = all.iter().flat_map(|key| choices.iter().map(|choice| appended(key, choice))).collect();
    }
    let vowel_first = sounds.first().is_some_and(|first| "aeiou'".contains(*first));
    all.into_iter()
        .map(|key| if vowel_first && key.len() < 2 { format!("a{key}") } else { key })
        .filter(|key| !key.is_empty())
        .collect()
}

/// Returns `key` with `consonants`. Two equal consonants are one: Arabic does not write the vowel between them.
fn appended(key: &str, consonants: &str) -> String {
    if key.ends_with(consonants) { key.into() } else { format!("{key}{consonants}") }
}
