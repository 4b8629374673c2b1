//! The reason of a decision.

use crate::field::FieldError;
use crate::text;

/// The reason that staff gave for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Maximum number of code points.
    pub const MAX: usize = 1000;

    /// Parses a reason of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        text::line(text, Self::MAX).map(Self)
    }

    /// Returns a stored reason as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the reason.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
