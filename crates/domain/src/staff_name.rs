//! The name of a member of staff.

use crate::field::FieldError;
use crate::text;

/// The name of the member of staff who decided, as the organisation knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffName(String);

impl StaffName {
    /// Greatest number of code points.
    pub const MAX: usize = 150;

    /// Reads a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        text::line(text, Self::MAX).map(Self)
    }

    /// The name as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
