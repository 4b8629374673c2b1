//! Names, addresses and other free text of an account.

use crate::field::FieldError;
use crate::text::{line, lines};

/// A person's first or last name. People's names follow no pattern, so none is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Greatest number of code points.
    pub const MAX: usize = 150;

    /// Reads a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
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

/// A hospital's or a laboratory's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationName(String);

impl OrganisationName {
    /// Greatest number of code points.
    pub const MAX: usize = 200;

    /// Reads a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
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

/// A postal address as people write it, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Greatest number of code points.
    pub const MAX: usize = 500;

    /// Reads an address of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// The address as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a doctor says of their own work, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bio(String);

impl Bio {
    /// Greatest number of code points.
    pub const MAX: usize = 5000;

    /// Reads a biography of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// The biography as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The biography.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
