//! What is wrong with the values that a client sent.

use std::collections::BTreeMap;

/// What is wrong with one value. The text is for people; [`FieldError::code`] is for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The field is missing, `null` or empty, but must be given.
    #[error("This field is required.")]
    Required,
    /// The JSON value is of another type.
    #[error("Must be {expected}.")]
    WrongType {
        /// What it must be, with its article: `a string`.
        expected: &'static str,
    },
    /// Fewer characters than allowed.
    #[error("Must have at least {min} characters.")]
    TooShort {
        /// Least number of code points.
        min: usize,
    },
    /// More characters than allowed.
    #[error("Must have at most {max} characters.")]
    TooLong {
        /// Greatest number of code points.
        max: usize,
    },
    /// More list entries than allowed.
    #[error("Must have at most {max} entries.")]
    TooMany {
        /// Greatest number of entries.
        max: usize,
    },
    /// A control character (Unicode category Cc), a line separator or a direction override.
    #[error("Must not contain control characters.")]
    ControlCharacter,
    /// Not written as this field is.
    #[error("Must be {expected}.")]
    Malformed {
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// A date behind today.
    #[error("Must not be in the future.")]
    InFuture,
    /// A date before any living person's birth.
    #[error("Must not be more than {years} years ago.")]
    TooLongAgo {
        /// Greatest age in years.
        years: u32,
    },
    /// Not one of an enumeration's values.
    #[error("Must be {expected}.")]
    UnknownChoice {
        /// The values, or where they are listed.
        expected: &'static str,
    },
    /// Not what it must be equal to.
    #[error("Is wrong.")]
    Wrong,
    /// Another value than the one it has, and must keep.
    #[error("Cannot be changed here.")]
    ReadOnly,
    /// Another account has this value.
    #[error("Is already taken by another account.")]
    Taken,
}

impl FieldError {
    /// A stable name for programs. It never changes; the text may.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WrongType { .. } => "wrong_type",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::TooMany { .. } => "too_many",
            Self::ControlCharacter => "control_character",
            Self::Malformed { .. } => "malformed",
            Self::InFuture => "in_future",
            Self::TooLongAgo { .. } => "too_long_ago",
            Self::UnknownChoice { .. } => "unknown_choice",
            Self::Wrong => "wrong",
            Self::ReadOnly => "read_only",
            Self::Taken => "taken",
        }
    }
}

/// All that is wrong with a request, by the path that the client sent: `profile.email`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<String, Vec<FieldError>>);

impl FieldErrors {
    /// Notes one more error at `path`.
    pub fn add(&mut self, path: impl Into<String>, error: FieldError) {
        self.0.entry(path.into()).or_default().push(error);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors, by path in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0.iter().map(|(path, errors)| (path.as_str(), errors.as_slice()))
    }
}
