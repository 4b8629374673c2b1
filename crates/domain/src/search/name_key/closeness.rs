//! The fine comparison of spellings.

use super::words::{Word, joins};

/// Share of the score that a name keeps for each word that the query does not name.
const UNNAMED_WORD: f64 = 0.98;

/// Closeness from which two neighbours are not also compared as one word: that takes most of the time.
const CLOSE: f64 = 0.9;

/// Maximum number of words of which two may be one word: long texts have many words, and time is limited.
const MAX_JOINED: usize = 5;

/// Cost of two words that are spelled differently and sound the same.
const OTHER_SPELLING: f64 = 0.01;

/// Returns how close `query` is to `name`, from 0 to 1.
pub(super) fn closeness(query: &[Word], name: &[Word]) -> f64 {
    let arabic = |wanted: bool| name.iter().filter(|word| word.arabic == wanted).cloned().collect::<Vec<_>>();
    let mixed = query.iter().any(|word| word.arabic) && query.iter().any(|word| !word.arabic);
    let groups = [arabic(false), arabic(true), if mixed { name.to_vec() } else { Vec::new() }];
    groups.iter().map(|group| best_split(query, group)).fold(0.0, f64::max)
}

/// Compares the words, and also with two neighbours as one word on either side.
fn best_split(query: &[Word], name: &[Word]) -> f64 {
    let plain = assign(query, name);
    if plain > CLOSE {
        return plain;
    }
    let joins = |words: &[Word]| if words.len() > MAX_JOINED { Vec::new() } else { joins(words) };
    let by_query = joins(query).iter().map(|query| assign(query, name)).fold(0.0, f64::max);
    let by_name = joins(name).iter().map(|name| assign(query, name)).fold(0.0, f64::max);
    plain.max(by_query).max(by_name)
}

/// Pairs the words, closest first, in any order, and returns the mean over the query's letters.
fn assign(query: &[Word], name: &[Word]) -> f64 {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::with_capacity(query.len() * name.len());
    for (at, word) in query.iter().enumerate() {
        pairs.extend(
            name.iter().enumerate().map(|(other_at, other)| (word_closeness(word, other), at, other_at)),
        );
    }
    pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut taken = (vec![false; query.len()], vec![false; name.len()]);
    let mut scores = vec![0.0; query.len()];
    for (score, at, other_at) in pairs {
        if !taken.0[at] && !taken.1[other_at] {
            (taken.0[at], taken.1[other_at], scores[at]) = (true, true, score);
        }
    }
    if scores.is_empty() {
        return 0.0;
    }
    // The geometric mean: one wrong word is not made good by a right one.
    let product: f64 = scores.iter().product();
    let mean = product.powf(1.0 / f64::from(u32::try_from(scores.len()).unwrap_or(u32::MAX)));
    let unnamed = taken.1.iter().filter(|taken| !**taken).count();
    mean * UNNAMED_WORD.powi(i32::try_from(unnamed).unwrap_or(i32::MAX))
}

fn word_closeness(one: &Word, other: &Word) -> f64 {
    if one.spelling == other.spelling {
        return 1.0;
    }
    let cross = one.arabic != other.arabic;
    let mut best = 0.0_f64;
    for left in &one.readings {
        for right in &other.readings {
            let (arabic, latin) = if one.arabic { (left, right) } else { (right, left) };
            let weight = |sounds: &[char]| sounds.iter().map(|&sound| weight(sound)).sum::<f64>();
            let most = weight(left).max(weight(right)).max(1.0);
            best = best.max(1.0 - distance(arabic, latin, cross) / most);
        }
    }
    (best - OTHER_SPELLING).clamp(0.0, 1.0)
}

fn is_vowel(sound: char) -> bool {
    matches!(sound, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn weight(sound: char) -> f64 {
    if sound == '\'' {
        0.1
    } else if is_vowel(sound) {
        0.4
    } else {
        1.0
    }
}

/// Returns the weighted edit distance. With `cross`, the first word is Arabic, without short vowels.
fn distance(one: &[char], other: &[char], cross: bool) -> f64 {
    let mut row: Vec<f64> = vec![0.0];
    for at in 0..other.len() {
        row.push(row[at] + insertion(other, at, cross));
    }
    for (one_at, &sound) in one.iter().enumerate() {
        let removal = removal(one, one_at);
        let mut diagonal = row[0];
        row[0] += removal;
        for (at, &against) in other.iter().enumerate() {
            let best = (row[at + 1] + removal)
                .min(row[at] + insertion(other, at, cross))
                .min(diagonal + substitution(sound, against));
            diagonal = row[at + 1];
            row[at + 1] = best;
        }
    }
    row[other.len()]
}

/// A vowel at either end often makes another name: "Amina" and "Mina", "Youcef" and "Youcefi".
fn removal(sounds: &[char], at: usize) -> f64 {
    let end = at == 0 || at + 1 == sounds.len();
    match sounds[at] {
        '\'' => 0.02,
        'E' => 0.2,
        'h' => 0.5,
        sound if is_vowel(sound) && end => 0.5,
        sound if is_vowel(sound) => 0.25,
        _ => 1.0,
    }
}

fn insertion(sounds: &[char], at: usize, cross: bool) -> f64 {
    let written = at + 1 == sounds.len() || !is_vowel(sounds[at]);
    match sounds[at] {
        _ if !cross || written => removal(sounds, at),
        'i' => 0.08,
        _ => 0.04,
    }
}

fn substitution(one: char, other: char) -> f64 {
    if one == other {
        return 0.0;
    }
    let pair = if one < other { (one, other) } else { (other, one) };
    match pair {
        ('a', 'e') | ('o', 'u') | ('D', 'd') | ('T', 't') | ('G', 'k') => 0.06,
        ('e', 'i') | ('E', 'a' | 'e' | 't') | ('\'', 'a' | 'e' | 'i' | 'o' | 'u') => 0.08,
        ('D', 'z') | ('T', 's') => 0.15,
        (one, other) if is_vowel(one) && is_vowel(other) => 0.3,
        ('S', 's') | ('h', 'x') | ('j', 'k') | ('s', 'z') => 0.5,
        _ => 1.2,
    }
}
