//! The reason of a decision.

use crate::text::{Rule, Text};

/// The reason that staff gave for a decision, on one line.
pub type Reason = Text<ReasonRule>;

/// The rule of a [`Reason`].
pub enum ReasonRule {}

impl Rule for ReasonRule {
    const MAX: usize = 1000;
}
