//! The life of a key: only published, then signing, then retired. Its dates stand in its file, above the key.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

const SIGNS_FROM: &str = "Signs-From:";
const RETIRED: &str = "Retired:";

/// How long it may take until every instance has noticed what changed in the folder.
const NOTICE: TimeDelta = TimeDelta::minutes(1);

/// When a key begins and ends to sign, in milliseconds: two that are made one after the other are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct KeyLifecycle {
    /// A key without one was made by other means, and is older than all that have one.
    pub(super) signs_from: Option<DateTime<Utc>>,
    pub(super) retired: Option<DateTime<Utc>>,
}

/// A date that is not written as RFC 3339 has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{name}` is no moment such as 2026-11-23T09:30:00Z")]
pub struct InvalidTimestampError {
    line: usize,
    name: &'static str,
}

impl KeyLifecycle {
    /// Reads the dates at the start of a file; answers the rest of it too. What is `framed` may have other lines
    /// between them and its frame; else the first line that is no date begins the rest.
    pub(super) fn read(content: &[u8], framed: bool) -> Result<(Self, &[u8]), InvalidTimestampError> {
        let mut lifecycle = Self::default();
        let mut rest = content;
        for (number, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = std::str::from_utf8(line).unwrap_or_default().trim();
            let moment = |name, text: &str| {
                DateTime::parse_from_rfc3339(text.trim())
                    .map(|moment| Some(moment.to_utc()))
                    .map_err(|_| InvalidTimestampError { line: number + 1, name })
            };
            if let Some(text) = text.strip_prefix(SIGNS_FROM) {
                lifecycle.signs_from = moment(SIGNS_FROM, text)?;
            } else if let Some(text) = text.strip_prefix(RETIRED) {
                lifecycle.retired = moment(RETIRED, text)?;
            } else if !framed || text.starts_with("-----BEGIN") {
                break;
            }
            rest = &rest[line.len()..];
        }
        Ok((lifecycle, rest))
    }

    /// The lines above the key.
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

    /// Whether the key may sign now: every instance has known it for a while.
    pub(super) fn may_sign(self, now: DateTime<Utc>) -> bool {
        !self.is_retired(now) && self.signs_from.is_none_or(|from| from <= now)
    }

    /// When the last token that it may have signed has expired, if tokens live no longer than `longest`.
    pub(super) fn ends(self, longest: TimeDelta) -> Option<DateTime<Utc>> {
        self.retired.and_then(|retired| retired.checked_add_signed(longest + NOTICE))
    }

    /// Whether there may be tokens of it, or soon will be.
    pub(super) fn counts(self, now: DateTime<Utc>, longest: TimeDelta) -> bool {
        self.ends(longest).is_none_or(|end| now < end)
    }
}

/// What a key is for at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and will sign: instances and consumers get to know it.
    Pending,
    /// Signs every new token.
    Signing,
    /// Signs no more, because a newer one does; verifies.
    Superseded,
    /// Verifies until its last token has expired.
    Retired,
    /// Is neither published nor verified by any more.
    Expired,
}

impl KeyState {
    /// Its word in a table.
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
