//! Parses values that options of several commands have.

use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::TimeDelta;

/// Default maximum of a time: a century, because dates must be able to hold it.
const MAX_DURATION: Duration = Duration::from_hours(24 * 36_525);

/// Parses a time from a second, because tokens count in whole seconds, to a century.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    duration_in(text, Duration::from_secs(1)..=MAX_DURATION)
}

/// Parses the same as a signed time.
pub(super) fn time_delta(text: &str) -> Result<TimeDelta, String> {
    time_delta_in(text, Duration::from_secs(1)..=MAX_DURATION)
}

/// Parses a time from zero to a century, as a signed time.
pub(super) fn delay(text: &str) -> Result<TimeDelta, String> {
    time_delta_in(text, Duration::ZERO..=MAX_DURATION)
}

/// Parses a time within `range`, as a signed time.
pub(super) fn time_delta_in(text: &str, range: RangeInclusive<Duration>) -> Result<TimeDelta, String> {
    TimeDelta::from_std(duration_in(text, range)?).map_err(|error| error.to_string())
}

/// Parses a time within `range`.
///
/// Months and years have no fixed length, and `5M` is more likely a mistake for `5m`.
pub(super) fn duration_in(text: &str, range: RangeInclusive<Duration>) -> Result<Duration, String> {
    let mut units = text.split(|c: char| !c.is_alphabetic());
    let is_fixed = !units.any(|unit| unit.starts_with(['M', 'y']) || unit.starts_with("mo"));
    let time = Some(text).filter(|_| is_fixed).and_then(|text| humantime::parse_duration(text).ok());
    let time = time.ok_or(
        "write a number and a unit: s (seconds), m (minutes), h (hours), d (days) or w (weeks), \
         such as 10s, 5m, 24h or 30d",
    )?;
    if range.contains(&time) {
        return Ok(time);
    }
    let [min, max] = [range.start(), range.end()].map(|limit| match limit.as_secs() / 86_400 {
        0 => humantime::format_duration(*limit).to_string(),
        days => format!("{days}d"),
    });
    Err(format!("must be {min} to {max}"))
}
