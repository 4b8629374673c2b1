//! The name of a member of staff.

use crate::field::FieldError;
use crate::text;

/// The name of the member of staff who made a decision, as the organisation knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffName(String);

impl StaffName {
    /// Maximum number of code points.
    pub const MAX: usize = 150;

    /// Parses a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        text::line(text, Self::MAX).map(Self)
    }

    /// Returns a stored name as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
