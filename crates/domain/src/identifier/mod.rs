//! Identifiers of an account besides its card number: numbers of national, professional and other
//! registers.

mod system;

pub use system::IdentifierSystem;

use std::collections::BTreeMap;

use crate::field::{FieldError, Format};
use crate::text::{compact, formatted, line, nfc};

/// An identifier as it is printed or typed, with spaces, hyphens, slashes and Arabic digits. No two
/// accounts have the same [`Identifier::key`] in the same system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    system: IdentifierSystem,
    value: String,
}

impl Identifier {
    /// Maximum number of code points of a value, including separators.
    pub const MAX: usize = 64;

    /// Parses an identifier of `system` that a client sent. Lengths are those of the key.
    pub fn parse(system: IdentifierSystem, text: &str) -> Result<Self, FieldError> {
        let (format, min, max) = system.rule();
        let identifier = Self::on_record(system, formatted(text, usize::MAX)?);
        let key = identifier.key();
        let is_allowed = match format {
            Format::Digits => key.bytes().all(|b| b.is_ascii_digit()),
            Format::LettersAndDigits => key.bytes().all(|b| b.is_ascii_alphanumeric()),
            _ => line(&identifier.value, usize::MAX).is_ok(),
        };
        if key.is_empty() || !is_allowed {
            return Err(FieldError::Malformed { format });
        }
        match key.chars().count() {
            length if length < min => Err(FieldError::TooShort { min }),
            length if length > max => Err(FieldError::TooLong { max }),
            _ if identifier.value.chars().nth(Self::MAX).is_some() => {
                Err(FieldError::TooLong { max: Self::MAX })
            }
            _ => Ok(identifier),
        }
    }

    /// Returns a stored identifier as it is, whatever the rules are now.
    #[must_use]
    pub const fn on_record(system: IdentifierSystem, value: String) -> Self {
        Self { system, value }
    }

    /// Returns the system.
    #[must_use]
    pub const fn system(&self) -> IdentifierSystem {
        self.system
    }

    /// Returns the identifier as it was typed.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns what two spellings of one identifier have in common: the characters in lower case,
    /// without separators and with European digits. Keys are stored, so this rule never changes.
    #[must_use]
    pub fn key(&self) -> String {
        nfc(&compact(&self.value).to_lowercase())
    }
}

/// The identifiers of an account, at most one of each system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers(BTreeMap<IdentifierSystem, Identifier>);

impl Identifiers {
    /// Adds an identifier. Returns an error, and changes nothing, if there is one of its system.
    pub fn add(&mut self, identifier: Identifier) -> Result<(), FieldError> {
        if self.0.contains_key(&identifier.system) {
            return Err(FieldError::Duplicate);
        }
        self.0.insert(identifier.system, identifier);
        Ok(())
    }

    /// Returns stored identifiers.
    #[must_use]
    pub fn on_record(identifiers: impl IntoIterator<Item = Identifier>) -> Self {
        Self(identifiers.into_iter().map(|identifier| (identifier.system, identifier)).collect())
    }

    /// Iterates over the identifiers, in the order of [`IdentifierSystem::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Identifier> {
        self.0.values()
    }
}
