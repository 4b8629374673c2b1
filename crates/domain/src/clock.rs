//! Time, handed in.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};

/// Tells the time. Use cases never ask the system themselves, so tests can say what time it is.
pub trait Clock: Send + Sync {
    /// The present moment. An adapter MUST truncate it to microseconds, the resolution of the database,
    /// so that what was answered equals what is read back.
    fn now(&self) -> DateTime<Utc>;
}

/// Seconds by which Algeria's time is ahead of UTC; it has no daylight saving time.
const ALGERIA_UTC_OFFSET: i32 = 3600;

/// The calendar date in Algeria at `moment`: the "today" that a birth date is compared with.
#[must_use]
pub fn date_in_algeria(moment: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(ALGERIA_UTC_OFFSET).map_or_else(
        || moment.date_naive() + Days::new(1),
        |offset| moment.with_timezone(&offset).date_naive(),
    )
}
