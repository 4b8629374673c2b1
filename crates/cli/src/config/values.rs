//! Parses values that options of several commands have.

use std::time::Duration;

use chrono::TimeDelta;

/// Parses a time from a second to a century.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 5m, 24h or 30d"))?;
    // Whole seconds, because tokens count in them; a century, because dates must be able to hold
    // it.
    let seconds = time.as_secs();
    if (1..=3_155_760_000).contains(&seconds) { Ok(time) } else { Err("must be 1s to 100y".to_owned()) }
}

/// Parses the same as a signed time.
pub(super) fn time_delta(text: &str) -> Result<TimeDelta, String> {
    TimeDelta::from_std(duration(text)?).map_err(|error| error.to_string())
}
