//! Time, as a port.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};

/// Tells the time. Use cases never ask the system, so tests can set the time.
pub trait Clock: Send + Sync {
    /// Returns the current time. An adapter MUST truncate it to microseconds, the resolution of the
    /// database, so that a response equals the stored value.
    fn now(&self) -> DateTime<Utc>;
}

/// Offset of Algeria's time from UTC, in seconds. Algeria has no daylight saving time.
const ALGERIA_UTC_OFFSET: i32 = 3600;

/// Returns the calendar date in Algeria at `moment`: the "today" that a birth date is compared
/// with.
#[must_use]
pub fn date_in_algeria(moment: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(ALGERIA_UTC_OFFSET).map_or_else(
        || moment.date_naive() + Days::new(1),
        |offset| moment.with_timezone(&offset).date_naive(),
    )
}
