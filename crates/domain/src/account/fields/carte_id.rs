use crate::field::{FieldError, Format};
use crate::text::{Rule, Text, formatted};

/// The number of a national or professional card: ASCII letters and digits, unique as written.
pub type CarteId = Text<CarteIdRule>;

/// The rule of a [`CarteId`].
pub enum CarteIdRule {}

impl Rule for CarteIdRule {
    const MAX: usize = 64;

    fn read(text: &str) -> Result<String, FieldError> {
        let text = formatted(text, Self::MAX)?;
        if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(text)
        } else {
            Err(FieldError::Malformed { format: Format::LettersAndDigits })
        }
    }
}
