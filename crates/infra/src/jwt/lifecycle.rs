//! The lifecycle of a key: only published, then signing, then retired. Its dates are in its file,
//! above the key.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

const SIGNS_FROM: &str = "Signs-From:";
const RETIRED: &str = "Retired:";

/// Maximum time until every instance has noticed a change of the key store.
pub const RELOAD_DELAY: TimeDelta = TimeDelta::minutes(1);

/// The times when a key starts and stops to sign, in milliseconds, so that two keys that are
/// generated one after the other differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct KeyLifecycle {
    /// A key without this date was not made by `sihha keys generate`, and counts as older than all
    /// keys with one.
    pub(super) signs_from: Option<DateTime<Utc>>,
    pub(super) retired: Option<DateTime<Utc>>,
}

/// A date is not in the format of RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{name}` is not a time such as 2026-11-23T09:30:00Z")]
pub struct InvalidTimestampError {
    line: usize,
    name: &'static str,
}

impl KeyLifecycle {
    /// Reads the dates at the start of a file. Returns the rest of the file as well.
    ///
    /// In a PEM file, other lines may stand between the dates and `-----BEGIN`. In other files, the
    /// rest starts at the first line that is not a date.
    pub(super) fn read(content: &[u8], is_pem: bool) -> Result<(Self, &[u8]), InvalidTimestampError> {
        let mut lifecycle = Self::default();
        let mut rest = content;
        for (number, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = std::str::from_utf8(line).unwrap_or_default().trim();
            let time = |name, text: &str| {
                DateTime::parse_from_rfc3339(text.trim())
                    .map(|time| Some(time.to_utc()))
                    .map_err(|_| InvalidTimestampError { line: number + 1, name })
            };
            if let Some(text) = text.strip_prefix(SIGNS_FROM) {
                lifecycle.signs_from = time(SIGNS_FROM, text)?;
            } else if let Some(text) = text.strip_prefix(RETIRED) {
                lifecycle.retired = time(RETIRED, text)?;
            } else if !is_pem || text.starts_with("-----BEGIN") {
                break;
            }
            rest = &rest[line.len()..];
        }
        Ok((lifecycle, rest))
    }

    /// Returns the lines to write above the key.
    pub(super) fn lines(self) -> String {
        let line = |name, moment: DateTime<Utc>| {
            format!("{name} {}\n", moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        };
        let dates = [(SIGNS_FROM, self.signs_from), (RETIRED, self.retired)];
        dates.into_iter().filter_map(|(name, moment)| Some(line(name, moment?))).collect()
    }

    pub(super) fn is_retired(self, now: DateTime<Utc>) -> bool {
        self.retired.is_some_and(|retired| retired <= now)
    }

    /// Returns whether the key may sign: its time has come, so every instance knows the key, and it
    /// is not retired.
    pub(super) fn may_sign(self, now: DateTime<Utc>) -> bool {
        !self.is_retired(now) && self.signs_from.is_none_or(|from| from <= now)
    }

    /// Returns the time when the last token of the key has expired, where `longest` is the maximum
    /// lifetime of tokens. `None` if the key is not retired.
    pub(super) fn ends(self, longest: TimeDelta) -> Option<DateTime<Utc>> {
        self.retired.and_then(|retired| retired.checked_add_signed(longest + RELOAD_DELAY))
    }

    /// Returns whether tokens of the key are accepted, now or later.
    pub(super) fn verifies(self, now: DateTime<Utc>, longest: TimeDelta) -> bool {
        self.ends(longest).is_none_or(|end| now < end)
    }
}

/// The state of a key at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The key is published and will sign later, when all instances and consumers know it.
    Pending,
    /// The key signs all new tokens.
    Signing,
    /// The key verifies, and a newer key signs.
    Superseded,
    /// The key verifies until its last token has expired.
    Retired,
    /// The key is no longer published and no longer verifies.
    Expired,
}

impl KeyState {
    /// Returns its name in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Signing => "signing",
            Self::Superseded => "superseded",
            Self::Retired => "retired",
            Self::Expired => "expired",
        }
    }
}
