//! Time, as a port.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, SecondsFormat, Utc};

/// Tells the time. Use cases never ask the system, so tests can set the time.
pub trait Clock: Send + Sync {
    /// Returns the current time. An adapter MUST truncate it to microseconds, the resolution of the
    /// database, so that a response equals the stored value.
    fn now(&self) -> DateTime<Utc>;
}

/// Returns `time` in the one form in which every response, command and log line writes a time:
/// `YYYY-MM-DDTHH:MM:SS.sssZ`. Some clients read no other number of fraction digits.
#[must_use]
pub fn format_timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Offset of Algeria's time from UTC, in seconds. Algeria has no daylight saving time.
pub const ALGERIA_UTC_OFFSET: i32 = 3600;

/// Returns the calendar date in Algeria at `moment`: the "today" that a birth date is compared
/// with.
#[must_use]
pub fn date_in_algeria(moment: DateTime<Utc>) -> NaiveDate {
    FixedOffset::east_opt(ALGERIA_UTC_OFFSET).map_or_else(
        || moment.date_naive() + Days::new(1),
        |offset| moment.with_timezone(&offset).date_naive(),
    )
}
