//! Free text: names, addresses, biographies.
//!
//! Any Unicode, Arabic and French alike, kept in Normalization Form C (UAX #15), so that two spellings of
//! one text compare equal. White space around it is removed. Control characters are refused: they have no
//! place in a name, and break terminals, logs and spreadsheets. A text says something: it has a letter or
//! a digit.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::error::FieldError;

/// `text` in Normalization Form C.
pub(crate) fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// One line of free text with 1 to `max` code points.
pub(crate) fn line(text: &str, max: usize) -> Result<String, FieldError> {
    formatted(text, max).and_then(meaningful)
}

/// One line of 1 to `max` code points, in a format that the caller checks.
pub(super) fn formatted(text: &str, max: usize) -> Result<String, FieldError> {
    checked(text, max, |_| false)
}

/// Free text of several lines, with 1 to `max` code points; tabs and line breaks are allowed.
fn lines(text: &str, max: usize) -> Result<String, FieldError> {
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

/// Line separators and direction overrides: with them a name displays as something else to the staff who
/// approve it. The other direction marks, and joiners, are how Arabic and Persian are written.
const fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}')
}

/// `text`, if it says something.
fn meaningful(text: String) -> Result<String, FieldError> {
    if text.chars().any(|c| c.is_alphanumeric() && !is_invisible(c)) {
        Ok(text)
    } else {
        Err(FieldError::Malformed { expected: "text with at least one letter or digit" })
    }
}

/// Whether `c` leaves the screen blank when no other character is beside it.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_combining_mark(c) || is_ignorable(c) || c == BLANK_BRAILLE
}

const BLANK_BRAILLE: char = '\u{2800}';

/// Unicode's `Default_Ignorable_Code_Point`, combining marks aside. Among them are the Hangul fillers,
/// which count as letters.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A person's first or last name. People's names follow no pattern, so none is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Greatest number of code points.
    pub const MAX: usize = 150;

    /// Reads a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
    }

    /// The name as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hospital's or a laboratory's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationName(String);

impl OrganisationName {
    /// Greatest number of code points.
    pub const MAX: usize = 200;

    /// Reads a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
    }

    /// The name as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A postal address as people write it, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Greatest number of code points.
    pub const MAX: usize = 500;

    /// Reads an address of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// The address as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a doctor says of their own work, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bio(String);

impl Bio {
    /// Greatest number of code points.
    pub const MAX: usize = 5000;

    /// Reads a biography of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// The biography as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The biography.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
