//! Values that are texts.
//!
//! Any Unicode text is allowed, in Arabic as well as in French. It is stored in Normalization Form
//! C (UAX #15), so that two spellings of one text compare equal. Surrounding white space is
//! removed. Control characters are refused: they break terminals, logs and spreadsheets. A text
//! must contain a letter or a digit.

pub(crate) mod characters;
mod printable;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use self::characters::ARABIC_LETTERS;
use self::characters::{
    ascii_digit, is_arabic_letter, is_bidi_control, is_filler, is_invisible, is_refused, is_separator,
    is_stroke,
};
pub use self::printable::printable;
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

    /// Returns the form by which `text` is compared. By default every difference counts.
    #[must_use]
    fn canonical(text: &str) -> Cow<'_, str> {
        Cow::Borrowed(text)
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

    /// Returns the form for comparisons.
    #[must_use]
    pub fn canonical(&self) -> String {
        R::canonical(&self.0).into_owned()
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

impl<R: Rule> Eq for Text<R> {}

impl<R: Rule> PartialEq for Text<R> {
    fn eq(&self, other: &Self) -> bool {
        R::canonical(&self.0) == R::canonical(&other.0)
    }
}

impl<R: Rule> Ord for Text<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        R::canonical(&self.0).cmp(&R::canonical(&other.0))
    }
}

impl<R: Rule> PartialOrd for Text<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Rule> Hash for Text<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        R::canonical(&self.0).hash(state);
    }
}

/// Returns whether an optional member with this text was not given: it is empty, invisible, or only
/// dashes, dots and the like, which people write where they have nothing to say.
#[must_use]
pub fn is_not_given(text: &str) -> bool {
    text.chars().all(|c| is_invisible(c) || is_stroke(c))
}

/// Returns `text` in Normalization Form C.
pub(crate) fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Returns a number as it is compared: without spaces, hyphens and slashes, with ASCII digits, and
/// with ASCII letters in lower case.
pub(crate) fn compact(text: &str) -> String {
    let significant = text.chars().filter(|c| !is_separator(*c));
    significant.map(|c| ascii_digit(c).unwrap_or(c).to_ascii_lowercase()).collect()
}

/// Parses one line of free text with 1 to `max` code points.
pub(crate) fn line(text: &str, max: usize) -> Result<String, FieldError> {
    checked(text, max, |_| false).and_then(meaningful)
}

/// Parses one line of free text with 1 to `max` code points, of which one is an Arabic letter.
pub(crate) fn arabic_line(text: &str, max: usize) -> Result<String, FieldError> {
    let text = checked(text, max, |_| false)?;
    if text.chars().any(is_arabic_letter) {
        Ok(text)
    } else {
        Err(FieldError::Malformed { format: Format::ArabicText })
    }
}

/// Parses one line of 1 to `max` code points; the caller checks the format. Direction marks at the
/// ends, which programs add to a text that is copied, are removed, but no overrides.
pub(crate) fn formatted(text: &str, max: usize) -> Result<String, FieldError> {
    let is_added = |c| is_padding(c) || (is_bidi_control(c) && !is_refused(c));
    checked(text.trim_matches(is_added), max, |_| false)
}

/// Parses free text of several lines, with 1 to `max` code points. Tabs and line breaks are
/// allowed; the line breaks that only some programs know become common ones.
pub(crate) fn lines(text: &str, max: usize) -> Result<String, FieldError> {
    let text = text.replace(['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    checked(&text, max, |c| matches!(c, '\n' | '\r' | '\t')).and_then(meaningful)
}

fn is_padding(c: char) -> bool {
    c.is_whitespace() || is_filler(c)
}

fn checked(text: &str, max: usize, allowed_control: fn(char) -> bool) -> Result<String, FieldError> {
    let text = nfc(text.trim_matches(is_padding));
    if text.chars().any(|c| is_refused(c) || (c.is_control() && !allowed_control(c))) {
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

/// Lengthens the line between Arabic letters (tatweel). Unicode calls it a letter; alone it is a dash.
const TATWEEL: char = '\u{640}';

/// Returns `text` if it contains a letter or a digit.
fn meaningful(text: String) -> Result<String, FieldError> {
    if text.chars().any(|c| c.is_alphanumeric() && !is_invisible(c) && c != TATWEEL) {
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
