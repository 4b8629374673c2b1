use crate::field::{FieldError, Format};
use crate::text::{Rule, Text, formatted};

/// A telephone number as people write it: `0552987332`, `+213 (0)21 55-12-34`, `٠٥٥٢٩٨٧٣٣٢`.
///
/// Lenient on purpose: front ends send what their users typed, and E.164 would lose part of it.
pub type PhoneNumber = Text<PhoneNumberRule>;

/// The rule of a [`PhoneNumber`]: European, Arabic-Indic or Persian digits, spaces and the
/// characters `+ - . ( ) / # *`.
pub enum PhoneNumberRule {}

impl PhoneNumber {
    /// Minimum number of digits; emergency services have two or three.
    pub const MIN_DIGITS: usize = 2;
}

impl Rule for PhoneNumberRule {
    const MAX: usize = 32;

    fn read(text: &str) -> Result<String, FieldError> {
        let text = formatted(&as_typed(text), Self::MAX)?;
        let known = text.chars().all(|c| is_digit(c) || " +-.()/#*".contains(c));
        if known && text.chars().filter(|c| is_digit(*c)).count() >= PhoneNumber::MIN_DIGITS {
            Ok(text)
        } else {
            Err(FieldError::Malformed { format: Format::PhoneNumber })
        }
    }
}

/// Digits of the scripts that Algerians write; staff could not dial others.
const fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

/// Removes characters that people do not type: telephones and messengers put invisible direction
/// marks around a copied number, and no-break spaces into it.
fn as_typed(text: &str) -> String {
    let is_direction_mark =
        |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202d}' | '\u{2066}'..='\u{2069}');
    let plain = |c| if matches!(c, '\u{a0}' | '\u{202f}') { ' ' } else { c };
    text.chars().filter(|c| !is_direction_mark(c)).map(plain).collect()
}

/// Telephone numbers for an emergency, the most important first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmergencyNumbers(Vec<PhoneNumber>);

impl EmergencyNumbers {
    /// Maximum number of entries.
    pub const MAX: usize = 10;

    /// Returns the list of at most [`Self::MAX`] numbers, in the order given.
    pub fn new(numbers: Vec<PhoneNumber>) -> Result<Self, FieldError> {
        if numbers.len() > Self::MAX {
            return Err(FieldError::TooMany { max: Self::MAX });
        }
        Ok(Self(numbers))
    }

    /// Returns stored numbers as they are, whatever the rules are now.
    #[must_use]
    pub fn on_record(numbers: impl IntoIterator<Item = String>) -> Self {
        Self(numbers.into_iter().map(PhoneNumber::on_record).collect())
    }

    /// Iterates over the numbers as text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(PhoneNumber::as_str)
    }
}
