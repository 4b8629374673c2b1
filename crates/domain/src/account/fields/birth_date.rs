use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Months, NaiveDate};
use strum::{EnumString, IntoStaticStr};

use crate::field::{FieldError, Format};

/// A date of birth in the Gregorian calendar (ISO 8601, FHIR `date`): a day, or a month or a year
/// for people whose civil record does not have the day (*né présumé*).
///
/// `Display` writes the text that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BirthDate {
    first_day: NaiveDate,
    presumed: Option<Presumed>,
}

/// What is known of a presumed date of birth, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Presumed {
    /// The year.
    Year,
    /// The year and the month.
    Month,
}

impl BirthDate {
    /// Maximum age in years. Nobody has reached it, so an older date is a typing error.
    pub const MAX_AGE: u32 = 150;

    /// Parses `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. It must not begin after `today`, nor end more than
    /// [`Self::MAX_AGE`] years before it.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::Required);
        }
        // chrono also accepts one-digit months and signs; the contract does not.
        let is_in_place =
            |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
        if !matches!(text.len(), 4 | 7 | 10) || !text.bytes().enumerate().all(is_in_place) {
            return Err(FieldError::Malformed { format: Format::Date });
        }
        let date = Self::from_display(text).ok_or(FieldError::NoSuchDay)?;
        if date.first_day > today {
            return Err(FieldError::InFuture);
        }
        let earliest = today.checked_sub_months(Months::new(Self::MAX_AGE * 12));
        if earliest.is_some_and(|earliest| *date.range().end() < earliest) {
            return Err(FieldError::TooLongAgo { years: Self::MAX_AGE });
        }
        Ok(date)
    }

    /// Returns a stored date as it is; it was checked against another "today".
    ///
    /// A date that is not the first day of its presumed year or month is a full date: a release
    /// that knew only those has replaced it.
    #[must_use]
    pub fn on_record(first_day: NaiveDate, presumed: Option<Presumed>) -> Self {
        let full = Self { first_day, presumed: None };
        let presumed = Self { first_day, presumed };
        if Self::from_display(&presumed.to_string()) == Some(presumed) { presumed } else { full }
    }

    /// Returns the date that `Display` wrote as `text`, whatever the rules are now.
    #[must_use]
    pub fn from_display(text: &str) -> Option<Self> {
        let endings = [("", None), ("-01", Some(Presumed::Month)), ("-01-01", Some(Presumed::Year))];
        endings.into_iter().find_map(|(ending, presumed)| {
            let first_day = format!("{text}{ending}").parse().ok()?;
            Some(Self { first_day, presumed })
        })
    }

    /// Returns the first day on which the person may have been born.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// Returns what is known of a presumed date; `None` if the day is known.
    #[must_use]
    pub const fn presumed(self) -> Option<Presumed> {
        self.presumed
    }

    /// Returns the days on which the person may have been born.
    #[must_use]
    pub fn range(self) -> RangeInclusive<NaiveDate> {
        let months = match self.presumed {
            Some(Presumed::Year) => 12,
            Some(Presumed::Month) => 1,
            None => return self.first_day..=self.first_day,
        };
        let next = self.first_day.checked_add_months(Months::new(months));
        self.first_day..=next.and_then(|next| next.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// Returns whether both may be the date of birth of one person.
    #[must_use]
    pub fn overlaps(self, other: &Self) -> bool {
        let (own, other) = (self.range(), other.range());
        own.start() <= other.end() && other.start() <= own.end()
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.presumed {
            Some(Presumed::Year) => self.first_day.format("%Y").fmt(f),
            Some(Presumed::Month) => self.first_day.format("%Y-%m").fmt(f),
            None => self.first_day.fmt(f),
        }
    }
}
