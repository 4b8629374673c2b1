//! The reason of a decision.

use crate::field::FieldError;
use crate::text::{Rule, Text, lines};

/// The reason that staff gave for a decision, or a message to the applicant, on one line or several.
pub type Reason = Text<ReasonRule>;

/// The rule of a [`Reason`].
pub enum ReasonRule {}

impl Rule for ReasonRule {
    const MAX: usize = 2000;

    fn read(text: &str) -> Result<String, FieldError> {
        lines(text, Self::MAX)
    }
}
