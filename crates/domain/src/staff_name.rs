//! The name of a member of staff.

use crate::text::{Rule, Text};

/// The name of the member of staff who made a decision, as the organisation knows it.
pub type StaffName = Text<StaffNameRule>;

/// The rule of a [`StaffName`].
pub enum StaffNameRule {}

impl Rule for StaffNameRule {
    const MAX: usize = 150;
}
