use crate::field::{FieldError, Format};
use crate::text;

/// The number of a national or professional card: ASCII letters and digits, unique as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarteId(String);

impl CarteId {
    /// Maximum number of characters.
    pub const MAX: usize = 64;

    /// Parses a number of 1 to [`Self::MAX`] letters and digits.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text::formatted(text, Self::MAX)?;
        if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(FieldError::Malformed { format: Format::LettersAndDigits })
        }
    }

    /// Returns a stored number as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the number as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
