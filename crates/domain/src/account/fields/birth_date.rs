use chrono::{Months, NaiveDate};

use crate::field::{FieldError, Format};

/// A date of birth in the Gregorian calendar (ISO 8601, FHIR `date` of full precision).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BirthDate(NaiveDate);

impl BirthDate {
    /// Greatest age in years; more than anyone has reached, so beyond it is a typing error.
    pub const MAX_AGE: u32 = 150;

    /// Reads `YYYY-MM-DD`, not behind `today` and not more than [`Self::MAX_AGE`] years before it.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, FieldError> {
        let malformed = FieldError::Malformed { format: Format::Date };
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Required);
        }
        // chrono also takes one-digit months and signs; the contract does not.
        let is_in_place =
            |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
        if text.len() != "YYYY-MM-DD".len() || !text.bytes().enumerate().all(is_in_place) {
            return Err(malformed);
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| malformed)?;
        if date > today {
            return Err(FieldError::InFuture);
        }
        let earliest = today.checked_sub_months(Months::new(Self::MAX_AGE * 12));
        if earliest.is_some_and(|earliest| date < earliest) {
            return Err(FieldError::TooLongAgo { years: Self::MAX_AGE });
        }
        Ok(Self(date))
    }

    /// A date that was checked when it was recorded; "today" has moved on since.
    #[must_use]
    pub const fn on_record(date: NaiveDate) -> Self {
        Self(date)
    }

    /// The date.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }
}
