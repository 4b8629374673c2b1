use std::borrow::Cow;

use crate::field::{FieldError, Format};
use crate::text::{Rule, Text, compact, formatted};

/// The number of a national or professional card, as it is printed or typed: Latin letters and
/// digits, which may be European, Arabic-Indic or Persian, with spaces, hyphens and slashes.
///
/// Two numbers are the same if they have the same letters and digits, regardless of case, script
/// and separators. No two accounts may have the same number: an index of the database computes
/// [`CarteId::canonical`] as well.
pub type CarteId = Text<CarteIdRule>;

/// The rule of a [`CarteId`].
pub enum CarteIdRule {}

impl Rule for CarteIdRule {
    const MAX: usize = 64;

    fn read(text: &str) -> Result<String, FieldError> {
        let text = formatted(text, Self::MAX)?;
        let number = Self::canonical(&text);
        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(text)
        } else {
            Err(FieldError::Malformed { format: Format::LettersAndDigits })
        }
    }

    fn canonical(text: &str) -> Cow<'_, str> {
        compact(text).into()
    }
}
