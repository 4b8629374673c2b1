use crate::field::{FieldError, Format};
use crate::text::characters::{ascii_digit, is_bidi_control, is_dash, is_filler, is_space};
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
        let known = text.chars().all(|c| ascii_digit(c).is_some() || " +-.()/#*".contains(c));
        if known && text.chars().filter_map(ascii_digit).count() >= PhoneNumber::MIN_DIGITS {
            Ok(text)
        } else {
            Err(FieldError::Malformed { format: Format::PhoneNumber })
        }
    }
}

/// Returns the text as people type it. Telephones, messengers and spreadsheets add invisible marks
/// to a copied number, and put other spaces, dashes and full-width characters into it.
fn as_typed(text: &str) -> String {
    let plain = |c| match c {
        '\t' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ if is_space(c) => ' ',
        _ if is_dash(c) => '-',
        _ => c,
    };
    text.chars().filter(|c| !is_bidi_control(*c) && !is_filler(*c)).map(plain).collect()
}

/// Telephone numbers for an emergency, the most important first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
