//! Values that are texts.
//!
//! Any Unicode text is allowed, in Arabic as well as in French. It is stored in Normalization Form
//! C (UAX #15), so that two spellings of one text compare equal. Surrounding white space is
//! removed. Control characters are refused: they break terminals, logs and spreadsheets. A text
//! must contain a letter or a digit.

mod characters;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use self::characters::{is_deceiving, is_invisible};
use crate::field::{FieldError, Format};

/// The rule of a kind of text.
pub trait Rule {
    /// Maximum number of code points. The texts of a list have no other limit.
    const MAX: usize = usize::MAX;

    /// Returns the text that is stored for the `text` that a client sent. By default it is one line
    /// of free text.
    fn read(text: &str) -> Result<String, FieldError> {
        line(text, Self::MAX)
    }
}

/// A text with the rule `R`, which applies to input and not to stored values (ADR 27).
pub struct Text<R>(String, PhantomData<fn() -> R>);

impl<R: Rule> Text<R> {
    /// Maximum number of code points.
    pub const MAX: usize = R::MAX;

    /// Parses a text that a client sent.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        R::read(text).map(Self::on_record)
    }
}

impl<R> Text<R> {
    /// Returns a stored text as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text, PhantomData)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<R: Rule> FromStr for Text<R> {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::parse(text)
    }
}

impl<R> AsRef<str> for Text<R> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<R> fmt::Display for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// Derived traits would require them of `R`.

impl<R> fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<R> Clone for Text<R> {
    fn clone(&self) -> Self {
        Self::on_record(self.0.clone())
    }
}

impl<R> Eq for Text<R> {}

impl<R> PartialEq for Text<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Ord for Text<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<R> PartialOrd for Text<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Hash for Text<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Returns `text` in Normalization Form C.
pub(crate) fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Parses one line of free text with 1 to `max` code points.
pub(crate) fn line(text: &str, max: usize) -> Result<String, FieldError> {
    formatted(text, max).and_then(meaningful)
}

/// Parses one line of 1 to `max` code points; the caller checks the format.
pub(crate) fn formatted(text: &str, max: usize) -> Result<String, FieldError> {
    checked(text, max, |_| false)
}

/// Parses free text of several lines, with 1 to `max` code points. Tabs and line breaks are
/// allowed.
pub(crate) fn lines(text: &str, max: usize) -> Result<String, FieldError> {
    checked(text, max, |c| matches!(c, '\n' | '\r' | '\t')).and_then(meaningful)
}

fn checked(text: &str, max: usize, allowed_control: fn(char) -> bool) -> Result<String, FieldError> {
    let text = nfc(text.trim());
    if text.chars().any(|c| is_deceiving(c) || (c.is_control() && !allowed_control(c))) {
        return Err(FieldError::ControlCharacter);
    }
    if text.chars().all(is_invisible) {
        return Err(FieldError::Required);
    }
    if text.chars().nth(max).is_some() {
        return Err(FieldError::TooLong { max });
    }
    Ok(text)
}

/// Returns `text` if it contains a letter or a digit.
fn meaningful(text: String) -> Result<String, FieldError> {
    if text.chars().any(|c| c.is_alphanumeric() && !is_invisible(c)) {
        Ok(text)
    } else {
        Err(FieldError::Malformed { format: Format::Text })
    }
}

/// Parses a text of a list.
pub(crate) fn one_of(choices: &'static [&'static str], text: &str) -> Result<String, FieldError> {
    match text.trim() {
        "" => Err(FieldError::Required),
        text if choices.contains(&text) => Ok(text.to_owned()),
        _ => Err(FieldError::UnknownChoice { choices }),
    }
}
