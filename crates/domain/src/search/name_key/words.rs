//! Splits names into words and words into sounds, in Latin and in Arabic script.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Maximum number of words of a text that are compared, so that a hostile text costs little.
/// The longest names of Algerian hospitals have ten.
const MAX_WORDS: usize = 12;

/// Maximum number of letters of a word that are compared.
const MAX_LETTERS: usize = 24;

/// Words that belong to the next word: `Abd el Kader` is `Abdelkader`.
const LEADING: [&str; 23] = [
    "abd", "abou", "abu", "aboul", "abul", "bou", "ben", "bin", "ibn", "bel", "oum", "om", "um", "el", "al",
    "عبد", "ابو", "بو", "بن", "ابن", "بل", "ام", "ال",
];

/// Articles that belong to the next word if it starts with their consonant: `Et Tayeb`, but not `et Ali`.
const ASSIMILATED: [(&str, &str); 8] = [
    ("ech", "ch"),
    ("esh", "sh"),
    ("es", "s"),
    ("ez", "z"),
    ("er", "r"),
    ("ed", "d"),
    ("et", "t"),
    ("en", "n"),
];

/// Words that names of organisations have or leave out: `Clinique de la Paix`.
const IGNORED: [&str; 7] = ["de", "du", "des", "la", "le", "les", "et"];

/// Words that belong to the word before them: `Nour Eddine` is `Noureddine`.
const TRAILING: [&str; 7] = ["eddine", "eddin", "dine", "din", "uddin", "aldin", "الدين"];

/// Abbreviations that Algerian registers use.
const ABBREVIATIONS: [(&str, &str); 3] = [("med", "mohamed"), ("mohd", "mohamed"), ("mhd", "mohamed")];

/// A word without case and marks, and the ways in which it may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The letters, without case, marks and spaces.
    pub(super) spelling: String,
    /// Whether the word is written in Arabic script.
    pub(super) arabic: bool,
    /// The sounds of the word. More than one if it may begin with an article.
    pub(super) readings: Vec<Vec<char>>,
}

impl Word {
    pub(super) fn new(spelling: String) -> Self {
        let arabic = is_arabic(&spelling);
        Self { readings: readings(&spelling), spelling, arabic }
    }

    /// Returns this word and the next one, written as one word.
    pub(super) fn joined(&self, next: &Self) -> Self {
        let both = |first: &Vec<char>| {
            next.readings.iter().map(|second| [&first[..], second].concat()).collect::<Vec<_>>()
        };
        Self {
            spelling: format!("{}{}", self.spelling, next.spelling),
            arabic: self.arabic,
            readings: self.readings.iter().flat_map(both).collect(),
        }
    }
}

/// Returns the words of `text`. Particles such as `abd`, `ben` and `el` are joined to their word.
pub(super) fn words(text: &str) -> Vec<Word> {
    let text = folded(text);
    let mut parts = text.split_whitespace().take(MAX_WORDS).map(part).peekable();
    let mut words: Vec<String> = Vec::new();
    let mut leading = String::new();
    while let Some(part) = parts.next() {
        let next = parts.peek().map_or("", String::as_str);
        let assimilated =
            ASSIMILATED.iter().any(|(article, consonant)| part == *article && next.starts_with(consonant));
        match words.last_mut() {
            Some(last) if leading.is_empty() && TRAILING.contains(&&part[..]) => last.push_str(&part),
            _ if assimilated || LEADING.contains(&&part[..]) => leading.push_str(&part),
            _ => words.push(std::mem::take(&mut leading) + &part),
        }
    }
    words.push(leading);
    let is_said = |word: &&String| word.chars().nth(1).is_some() && !IGNORED.contains(&&word[..]);
    words.iter().filter(is_said).cloned().map(Word::new).collect()
}

/// Returns a word without apostrophes and French elision: `d'Oran` is `oran`, `L'Arbi` is `elarbi`.
fn part(text: &str) -> String {
    let article = text.strip_prefix("l'").map(|rest| format!("el{rest}"));
    let text = article.as_deref().or(text.strip_prefix("d'")).unwrap_or(text);
    let part: String = text.chars().filter(|&letter| letter != '\'').take(MAX_LETTERS).collect();
    ABBREVIATIONS.iter().find(|(short, _)| *short == part).map_or(part, |(_, long)| (*long).into())
}

/// Returns `words` with two neighbours as one word, once for each pair.
pub(super) fn joins(words: &[Word]) -> Vec<Vec<Word>> {
    let join = |at: usize| [&words[..at], &[words[at].joined(&words[at + 1])], &words[at + 2..]].concat();
    (0..words.len().saturating_sub(1)).map(join).collect()
}

/// Returns `text` in lower case, without marks, with `'` for all apostrophes and a space for other separators.
fn folded(text: &str) -> String {
    let letters = text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|&letter| !is_ignored(letter));
    let fold = |letter: char| match letter {
        '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʿ' | 'ʾ' => '\'',
        letter if letter.is_alphanumeric() => letter,
        _ => ' ',
    };
    letters.map(fold).take(MAX_WORDS * MAX_LETTERS).collect()
}

/// Marks, the Arabic tatweel and hamza, and characters without width.
fn is_ignored(letter: char) -> bool {
    is_combining_mark(letter) || matches!(letter, 'ـ' | 'ء' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

fn is_arabic(text: &str) -> bool {
    text.chars().any(|letter| matches!(letter, '\u{600}'..='\u{6ff}'))
}

/// Returns the ways to read `word`: with and without its article.
fn readings(word: &str) -> Vec<Vec<char>> {
    if let Some(rest) = prefix(word, &["abd", "عبد"]) {
        // The article's l becomes the next consonant in speech, and a root's l is often dropped with it.
        let rest = rest.strip_prefix("ال").unwrap_or(rest);
        let after = rest.trim_start_matches(['a', 'e', 'i', 'o', 'u']);
        let rest = if after.starts_with('l') { after.trim_start_matches('l') } else { rest };
        return vec![[vec!['a', 'b', 'd'], sounds(rest.trim_start_matches('ل'))].concat()];
    }
    if let Some(rest) = prefix(word, &["aboul", "abul"]) {
        return vec![[vec!['b', 'u'], sounds(rest)].concat(), [vec!['b', 'u', 'l'], sounds(rest)].concat()];
    }
    let heads: [(&[&str], &str); 3] = [
        (&["ben", "bin", "ibn", "بن", "ابن"], "bn"),
        (&["abou", "abu", "bou", "ابو", "بو"], "bu"),
        (&["oum", "om", "um", "ام"], "um"),
    ];
    for (prefixes, head) in heads {
        if let Some(rest) = prefix(word, prefixes) {
            let read = |head: &str, rest: Vec<char>| head.chars().chain(rest).collect::<Vec<_>>();
            let rests = readings_after_article(rest);
            // "Ben el Hadj" is also "Belhadj".
            let bel =
                rests.first().filter(|_| head == "bn" && rests.len() > 1).map(|rest| read("b", rest.clone()));
            return rests.iter().map(|rest| read(head, rest.clone())).chain(bel).collect();
        }
    }
    readings_after_article(word)
}

fn readings_after_article(word: &str) -> Vec<Vec<char>> {
    let rest = prefix(word, &["el", "al", "ul", "ال"]).filter(|rest| rest.chars().nth(1).is_some());
    match rest {
        Some(rest) if !rest.starts_with(['a', 'e', 'i', 'o', 'u', 'y', 'l']) => {
            vec![[vec!['l'], sounds(rest)].concat(), sounds(rest)]
        }
        _ if prefix(word, &["abd", "عبد"]).is_some() => readings(word),
        _ => vec![sounds(word)],
    }
}

fn prefix<'a>(word: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| word.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

/// Returns the sounds of `word`, one character each, the same for both scripts.
///
/// `S` is ش (ch, sh), `T` ث (th), `D` ذ and ظ (dh), `G` غ (gh), `x` خ (kh), `'` ع, `E` a final اة.
/// Vowels are `a`, `e`, `i`, `o` and `u`; long vowels of Arabic are `a`, `i` and `u`.
fn sounds(word: &str) -> Vec<char> {
    // In "Nour eldine" the l is not heard.
    let word = word.replace("eldin", "edin").replace("aldin", "adin").replace("الدين", "دين");
    let letters: Vec<char> = word.chars().collect();
    let mut sounds = Vec::with_capacity(letters.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let after_a = at > 0 && letters[at - 1] == 'a';
        let (sound, length) = match digraph(letter, next) {
            Some(sound) => (sound, 2),
            // "Saad" is سعد.
            None if letter == 'a' && after_a => ('\'', 1),
            // "Hayat" and "Haya" are both حياة.
            None if letter == 'ة' && at > 0 && letters[at - 1] == 'ا' => ('E', 1),
            None => (single(letter, next), 1),
        };
        at += length;
        let last = at >= letters.len();
        // A final h is not heard (Aminah), nor a final e after a consonant (Bouzide), nor a doubled consonant.
        let silent = last && (letter == 'ه' || letter == 'h' || letter == 'e') && sounds.len() > 2;
        if !silent && sounds.last() != Some(&sound) {
            sounds.push(sound);
        }
    }
    sounds
}

fn digraph(letter: char, next: char) -> Option<char> {
    Some(match (letter, next) {
        ('c' | 's', 'h') => 'S',
        ('t', 'h') => 'T',
        ('d', 'h') => 'D',
        ('k', 'h') => 'x',
        ('g', 'h') => 'G',
        ('p', 'h') => 'f',
        ('d', 'j') => 'j',
        ('o', 'u') => 'u',
        ('e', 'e') => 'i',
        ('g' | 'q', 'u') => 'k',
        _ => return None,
    })
}

fn single(letter: char, next: char) -> char {
    match letter {
        'c' if matches!(next, 'e' | 'i' | 'y') => 's',
        'ç' | 'س' | 'ص' => 's',
        'c' | 'q' | 'g' | 'ق' | 'ك' | 'ک' | 'ڨ' | 'گ' | '9' => 'k',
        'p' | 'ب' | 'پ' => 'b',
        'v' | 'ف' | 'ڤ' => 'f',
        'w' | 'و' => 'u',
        'y' | 'ي' | 'ی' => 'i',
        'ا' | 'ٱ' | 'ى' | 'ة' => 'a',
        'ع' | '3' => '\'',
        'ت' | 'ط' => 't',
        'ث' => 'T',
        'ج' | 'چ' => 'j',
        'ح' | 'ه' | '7' => 'h',
        'خ' => 'x',
        'د' | 'ض' => 'd',
        'ذ' | 'ظ' => 'D',
        'ر' => 'r',
        'ز' | 'ژ' => 'z',
        'ش' => 'S',
        'غ' => 'G',
        'ل' => 'l',
        'م' => 'm',
        'ن' => 'n',
        other => other,
    }
}
