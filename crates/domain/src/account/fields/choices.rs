//! Small closed enumerations.

use std::borrow::Cow;

use crate::field::FieldError;

/// An ABO and Rh(D) blood group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BloodType(Cow<'static, str>);

impl BloodType {
    /// Every blood type, as the contract writes it.
    pub const ALL: [&'static str; 8] = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"];

    /// Parses one of [`Self::ALL`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        one_of(&Self::ALL, text).map(|known| Self(Cow::Borrowed(known)))
    }

    /// Returns a stored value as it is; a release with a longer list may have accepted it.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// Returns the value as the contract writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's gender, as on Algerian identity documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gender(Cow<'static, str>);

impl Gender {
    /// Every gender, as the contract writes it.
    pub const ALL: [&'static str; 2] = ["Male", "Female"];

    /// Parses one of [`Self::ALL`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        one_of(&Self::ALL, text).map(|known| Self(Cow::Borrowed(known)))
    }

    /// Returns a stored value as it is; a release with a longer list may have accepted it.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// Returns the value as the contract writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn one_of(choices: &'static [&'static str], text: &str) -> Result<&'static str, FieldError> {
    match text.trim() {
        "" => Err(FieldError::Required),
        text => choices.iter().find(|v| **v == text).copied().ok_or(FieldError::UnknownChoice { choices }),
    }
}
