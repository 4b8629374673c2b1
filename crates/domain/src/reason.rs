//! The reason of a decision.

use crate::field::FieldError;
use crate::text;

/// The reason that staff gave for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Greatest number of code points.
    pub const MAX: usize = 1000;

    /// Reads a reason of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        text::line(text, Self::MAX).map(Self)
    }

    /// The reason as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The reason.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
