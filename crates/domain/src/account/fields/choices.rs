//! Small closed enumerations. A stored value may be of a release with a longer list.

use crate::field::FieldError;
use crate::text::{Rule, Text, one_of};

/// An ABO and Rh(D) blood group.
pub type BloodType = Text<BloodTypeRule>;

/// The rule of a [`BloodType`].
pub enum BloodTypeRule {}

impl BloodType {
    /// Every blood type, as the contract writes it.
    pub const ALL: [&'static str; 8] = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"];
}

impl Rule for BloodTypeRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(&BloodType::ALL, text)
    }
}

/// A person's gender, as on Algerian identity documents.
pub type Gender = Text<GenderRule>;

/// The rule of a [`Gender`].
pub enum GenderRule {}

impl Gender {
    /// Every gender, as the contract writes it.
    pub const ALL: [&'static str; 2] = ["Male", "Female"];
}

impl Rule for GenderRule {
    fn read(text: &str) -> Result<String, FieldError> {
        one_of(&Gender::ALL, text)
    }
}
