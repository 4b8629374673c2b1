//! Names, addresses and other free text of an account.

use crate::field::FieldError;
use crate::text::{line, lines};

/// A person's first or last name. No pattern is required, because names follow none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Maximum number of code points.
    pub const MAX: usize = 150;

    /// Parses a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
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

/// A hospital's or a laboratory's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationName(String);

impl OrganisationName {
    /// Maximum number of code points.
    pub const MAX: usize = 200;

    /// Parses a name of 1 to [`Self::MAX`] code points on one line.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        line(text, Self::MAX).map(Self)
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

/// A postal address as people write it, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Maximum number of code points.
    pub const MAX: usize = 500;

    /// Parses an address of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// Returns a stored address as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A doctor's description of the work, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bio(String);

impl Bio {
    /// Maximum number of code points.
    pub const MAX: usize = 5000;

    /// Parses a biography of 1 to [`Self::MAX`] code points.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        lines(text, Self::MAX).map(Self)
    }

    /// Returns a stored biography as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the biography.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
