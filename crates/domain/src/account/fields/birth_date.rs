use chrono::{Months, NaiveDate};

use crate::field::{FieldError, Format};

/// A date of birth in the Gregorian calendar (ISO 8601, FHIR `date` of full precision).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BirthDate(NaiveDate);

impl BirthDate {
    /// Maximum age in years. Nobody has reached it, so an older date is a typing error.
    pub const MAX_AGE: u32 = 150;

    /// Parses `YYYY-MM-DD`: not after `today`, and not more than [`Self::MAX_AGE`] years before it.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Required);
        }
        // chrono also accepts one-digit months and signs; the contract does not.
        let is_in_place =
            |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
        if text.len() != "YYYY-MM-DD".len() || !text.bytes().enumerate().all(is_in_place) {
            return Err(FieldError::Malformed { format: Format::Date });
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| FieldError::NoSuchDay)?;
        if date > today {
            return Err(FieldError::InFuture);
        }
        let earliest = today.checked_sub_months(Months::new(Self::MAX_AGE * 12));
        if earliest.is_some_and(|earliest| date < earliest) {
            return Err(FieldError::TooLongAgo { years: Self::MAX_AGE });
        }
        Ok(Self(date))
    }

    /// Returns a stored date as it is; it was checked against another "today".
    #[must_use]
    pub const fn on_record(date: NaiveDate) -> Self {
        Self(date)
    }

    /// Returns the date.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }
}
