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

    /// Returns the digits by which numbers are compared: `213552987332` for `0552987332`,
    /// `+213 (0)552-98-73-32`, `00213552987332` and `٠٥٥٢٩٨٧٣٣٢`, and also for `552987332`, because
    /// spreadsheets remove the zero. Numbers of other countries start with their country code.
    ///
    /// Not unique: families share telephones. Numbers that are no subscriber's, such as `14`, keep
    /// their digits. Empty if there is no digit, as a stored number may be.
    #[must_use]
    pub fn key(&self) -> String {
        let plain: String = as_typed(self.as_str()).chars().map(|c| ascii_digit(c).unwrap_or(c)).collect();
        // "+213 (0)21": the zero is dialled only without the country code.
        let plain = plain.replace("(0)", "");
        let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
        if digits.trim_start_matches('0').is_empty() {
            return digits;
        }
        let is_international = plain.find('+').is_some_and(|plus| plain.find(char::is_numeric) > Some(plus));
        let algerian = |national: &str| format!("{ALGERIA}{}", national.trim_start_matches('0'));
        let international = if is_international { Some(&digits[..]) } else { digits.strip_prefix("00") };
        if let Some(number) = international {
            let number = number.trim_start_matches('0');
            return number.strip_prefix(ALGERIA).map_or_else(|| number.to_owned(), algerian);
        }
        match digits.strip_prefix(ALGERIA) {
            Some(national) if (8..=10).contains(&national.len()) => algerian(national),
            _ if digits.starts_with('0') || is_without_zero(&digits) => algerian(&digits),
            _ => digits,
        }
    }
}

/// The country code of Algeria (ITU-T E.164).
const ALGERIA: &str = "213";

/// Returns whether these are the 9 digits of a mobile or the 8 of a fixed line, without the zero.
fn is_without_zero(digits: &str) -> bool {
    match digits.len() {
        9 => digits.starts_with(['5', '6', '7']),
        8 => digits.starts_with(['2', '3', '4']),
        _ => false,
    }
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
