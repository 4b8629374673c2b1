//! Searches texts for secrets, in every form in which programs write them.

use std::collections::BTreeSet;
use std::fmt::Write;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

/// Number of characters of a text that are searched for. Some tests send millions, whose beginning is
/// enough.
const MAX_CHARS: usize = 2000;

/// Number of characters at the beginning of a token that are searched for, where not all of it is.
pub(crate) const START: usize = 24;

/// A text that the service wrote, and where.
pub(crate) struct Written {
    pub(crate) place: String,
    pub(crate) text: String,
}

/// What to search for.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    /// Forms of texts, and what each text is.
    patterns: Vec<String>,
    names: Vec<&'a str>,
}

impl<'a> Wanted<'a> {
    /// Adds a text, searched for in every form.
    pub(crate) fn add(&mut self, text: &str, what: &'a str) {
        for form in forms(&text.chars().take(MAX_CHARS).collect::<String>()) {
            self.patterns.push(form);
            self.names.push(what);
        }
    }

    /// Adds a text, searched for as it is.
    pub(crate) fn add_plain(&mut self, text: &str, what: &'a str) {
        self.patterns.push(text.to_owned());
        self.names.push(what);
    }
}

/// Returns whether a text is a word that a machine made.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() >= 32 && text.chars().all(is_part_of_token)
}

/// Returns the tokens in a text.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_part_of_token(c)).filter(|word| is_token(word))
}

/// Returns whether a character is one of base64url (RFC 4648 §5).
fn is_part_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_".contains(c)
}

/// Returns a line for each wanted text that is in another text, with its place.
pub(crate) fn search(written: &[Written], wanted: &Wanted) -> Vec<String> {
    let searcher = AhoCorasick::builder().ascii_case_insensitive(true).build(&wanted.patterns).unwrap();
    let mut findings = Vec::new();
    for Written { place, text } in written {
        let mut seen = BTreeSet::new();
        for found in searcher.find_iter(text) {
            // A code after an equals sign may also be the beginning of a longer number.
            let is_number = wanted.patterns[found.pattern()].starts_with('=')
                && text.as_bytes().get(found.end()).is_some_and(u8::is_ascii_digit);
            if !is_number && seen.insert(found.pattern()) {
                let what = wanted.names[found.pattern()];
                findings.push(format!("{what} is in the {place}: {}", around(text, found.start())));
            }
        }
    }
    findings
}

/// Returns the line at a position, or the nearest part of a long one.
fn around(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let [start, end] = [start.max(at.saturating_sub(300)), end.min(at + 300)];
    &text[text.ceil_char_boundary(start)..text.floor_char_boundary(end)]
}

/// Returns a text as programs write it: plainly, escaped, encoded, and as a list of bytes.
pub(crate) fn forms(text: &str) -> BTreeSet<String> {
    let json = json!(text).to_string();
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(byte.into()),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    let bytes: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    let hex: String = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let encoded = [STANDARD.encode(text), STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)];
    let plain = [
        text.to_owned(),
        json[1..json.len() - 1].to_owned(),
        text.escape_debug().to_string(),
        escaped.replace("%20", "+"),
        escaped,
        bytes.join(", "),
        bytes.join(","),
        hex,
    ];
    plain.into_iter().chain(encoded).collect()
}
