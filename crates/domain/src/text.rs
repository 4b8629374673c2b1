//! Free text: names, addresses, biographies.
//!
//! Any Unicode text is allowed, in Arabic as well as in French. It is stored in Normalization Form
//! C (UAX #15), so that two spellings of one text compare equal. Surrounding white space is
//! removed. Control characters are refused: they break terminals, logs and spreadsheets. A text
//! must contain a letter or a digit.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::field::{FieldError, Format};

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

/// Returns whether `c` is a line separator or a direction override. With them, a name can look like
/// another name to the staff who approve it. Other direction marks and joiners are needed to write
/// Arabic and Persian.
const fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}')
}

/// Returns `text` if it contains a letter or a digit.
fn meaningful(text: String) -> Result<String, FieldError> {
    if text.chars().any(|c| c.is_alphanumeric() && !is_invisible(c)) {
        Ok(text)
    } else {
        Err(FieldError::Malformed { format: Format::Text })
    }
}

/// Returns whether `c` is invisible on its own.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_combining_mark(c) || is_ignorable(c) || c == BLANK_BRAILLE
}

const BLANK_BRAILLE: char = '\u{2800}';

/// Returns whether `c` is a `Default_Ignorable_Code_Point` of Unicode, except combining marks.
/// These include the Hangul fillers, which count as letters.
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
